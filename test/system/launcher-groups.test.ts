/** An ordinary user's launcher with a control group of its own, as a service manager hands one over. */
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { message, tag } from './launcher-frames.ts';
import { Rig } from './launcher-rig.ts';

const uid = 1000;
const tree = ['/sys/fs/cgroup/unified', '/sys/fs/cgroup'].find((path) => existsSync(join(path, 'cgroup.procs')));
const possible = process.getuid?.() === 0 && tree !== undefined;

describe.skipIf(!possible)('an ordinary user’s group (skipped: needs root and a v2 tree of control groups)', () => {
  let group = '';
  let leaf = '';
  let rig: Rig;
  beforeAll(async () => {
    group = mkdtempSync(join(tree ?? '', 'hf-test-'));
    // Where an earlier launcher stepped aside: shells of that user are there now, and what they start.
    leaf = join(group, 'holdfast-host');
    mkdirSync(leaf);
    for (const path of [group, leaf, join(group, 'cgroup.procs'), join(leaf, 'cgroup.procs')])
      chownSync(path, uid, uid);
    rig = await new Rig({ uid, group: leaf }).start();
  });
  afterAll(async () => {
    await rig?.close();
    for (const path of [leaf, group]) rmdirSync(path);
  });

  it('holds its sandboxes beside the leaf it finds itself in', async () => {
    const sandbox = await rig.launch();
    const cgroup = sandbox.launched.text(tag.cgroup);
    expect(cgroup).toMatch(new RegExp(`^${group}/holdfast-[0-9a-f]{8}/${sandbox.name}$`));
    expect(readFileSync(join(cgroup, 'cgroup.procs'), 'utf8')).toBe(`${sandbox.pid}\n`);
    await rig.kill(sandbox);
    expect(existsSync(cgroup)).toBe(false);
  });

  it('is known to what snapshots and replaces roots', async () => {
    const sandbox = await rig.launch();
    await sandbox.shell('echo kept > /home/user/file');
    const layer = join(rig.home, 'layers', sandbox.name);
    const taken = await rig.channel.ask(message.snapshot, [
      ...sandbox.identity(),
      ...sandbox.view(sandbox.lower, sandbox.upper),
      [tag.path, layer],
    ]);
    expect(taken.text(tag.method)).toBe('copy');
    await rig.channel.ask(message.swap, [
      ...sandbox.identity(),
      ...sandbox.view([layer, rig.template], join(sandbox.directory, 'swapped')),
    ]);
    expect((await sandbox.shell('cat /home/user/file')).out).toBe('kept\n');
    await rig.kill(sandbox);
  });
});
