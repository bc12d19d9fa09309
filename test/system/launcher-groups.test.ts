/** An ordinary user's launcher with a control group of its own, as a service manager hands one over. */
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Decoded, message, tag } from './launcher-frames.ts';
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

const memory = '/sys/fs/cgroup/memory';
const hasHierarchy = process.getuid?.() === 0 && existsSync(join(memory, 'cgroup.procs'));

describe.skipIf(!hasHierarchy)('a hierarchy that is mounted late (skipped: needs root and memory groups of v1)', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await new Rig({ without: memory }).start();
  });
  afterAll(() => rig?.close());

  const canLimit = (answer: Decoded): boolean =>
    answer.nested(tag.capability).some((one) => one.text(tag.text) === 'limitMemory' && one.int(tag.flags) === 1);

  it('holds limits once somebody has asked what there is, and what was there before goes on', async () => {
    const limits = { memoryBytes: 64 << 20 };
    const before = await rig.launch();
    await expect(rig.launch({ limits })).rejects.toMatchObject({ errno: 95 });
    expect(canLimit(await rig.configure())).toBe(false);
    rig.inItsView('mount', '-t', 'cgroup', '-o', 'memory', 'cgroup', memory);
    expect(canLimit(await rig.configure())).toBe(true);
    const limited = await rig.launch({ limits });
    expect(limited.launched.texts(tag.limitGroup)).toContainEqual(expect.stringContaining(memory));
    expect((await before.shell('echo lives')).out).toBe('lives\n');
    for (const sandbox of [before, limited]) await rig.kill(sandbox);
    expect((await rig.channel.ask(message.strays, [])).nested(tag.entry)).toEqual([]);
  });

  it('is asked for by the same words only', async () => {
    await expect(rig.configure({ launcher: 'bwrap' })).rejects.toMatchObject({ errno: 114 });
    await expect(rig.configure({ home: rig.template })).rejects.toMatchObject({ errno: 114 });
  });
});
