/**
 * LAUNCH of a program that makes its own sandbox, without gVisor: the program is the agent itself, so that what its cell
 * holds can be looked at, and its restart over another root.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync as readlink,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encode, type Fields, message, Refusal, tag } from './launcher-frames.ts';
import { connectAgent, makeTemplate, own, Rig, Sandbox } from './launcher-rig.ts';

const isRoot = process.getuid?.() === 0;
const makesOwn = 4;
const firstMappedId = 1879048192;

let rig: Rig;
let count = 0;

describe.skipIf(!isRoot)('a program that makes its own sandbox', () => {
  beforeAll(async () => {
    rig = await new Rig().start();
    mkdirSync(join(rig.template, 'sys'));
    own(join(rig.template, 'sys'), firstMappedId);
  });
  afterAll(() => rig?.close());

  it('sees its file, its bundle, a place for its own files and the root, and nothing of the machine', async () => {
    const box = await launch();
    await expect(box.run(['/bundle/look'])).rejects.toThrow(/Permission denied/);
    expect(readdirSync(`/proc/${box.pid}/root`).sort()).toEqual([
      'bundle',
      'dev',
      'proc',
      'program',
      'rootfs',
      'state',
      'tmp',
    ]);
    const mounts = readFileSync(`/proc/${box.pid}/mountinfo`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[4] ?? '');
    expect(mounts.filter((place) => !/^\/(rootfs|dev|proc|bundle|program)?(\/|$)/.test(place))).toEqual([]);
    expect(readdirSync(`/proc/${box.pid}/root/rootfs/run/holdfast`).sort()).toEqual([
      'agent',
      'generation',
      'hostname',
      'hosts',
      'machine-id',
      'trust',
    ]);
    expect(existsSync(`/proc/${box.pid}/root/rootfs/usr/bin/env`)).toBe(true);
    await rig.kill(box);
  });

  it('has namespaces of its own, ids that are nobody outside, and a network without a way out', async () => {
    const box = await launch();
    const links = ['user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup'].map((kind) => [
      readlink(`/proc/${box.pid}/ns/${kind}`),
      readlink(`/proc/self/ns/${kind}`),
    ]);
    for (const [inside, outside] of links) expect(inside).not.toBe(outside);
    const status = readFileSync(`/proc/${box.pid}/status`, 'utf8');
    expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).toBe(String(firstMappedId));
    expect(/^NoNewPrivs:\s+(\d)/m.exec(status)?.[1]).toBe('1');
    const interfaces = readFileSync(`/proc/${box.pid}/net/dev`, 'utf8').match(/^\s*\w+:/gm);
    expect(interfaces?.map((name) => name.trim())).toEqual(['lo:']);
    await rig.kill(box);
  });

  it('is started anew over another root behind the same socket, and writes where that says', async () => {
    const box = await launch();
    expect(await write(box, 'first')).toEqual(['first']);
    const upper = join(box.directory, 'second');
    const swap = [...box.identity(), [tag.flags, makesOwn], ...box.view([rig.template], upper)] as Fields;
    const answer = await rig.channel.ask(message.swap, swap);
    expect(answer.int(tag.pauseUs)).toBeGreaterThan(0);
    const again = new Sandbox(
      box.name,
      box.directory,
      upper,
      box.lower,
      box.launched,
      await connectAgent(join(box.directory, 'agent.sock')),
    );
    expect(await write(again, 'second')).toEqual(['second']);
    expect(readdirSync(join(box.upper, 'home/user'))).toEqual(['first']);
    await rig.kill(box);
    again.agent.close();
  });

  it('keeps its root when another cannot be mounted', async () => {
    const box = await launch();
    const broken = makeTemplate(mkdtemp(), undefined);
    const [upper, other] = [join(box.directory, 'third'), join(broken, 'run/holdfast')];
    await rm(other);
    symlinkSync('/etc', other);
    const swap = [...box.identity(), [tag.flags, makesOwn], ...box.view([broken], upper)] as Fields;
    await expect(rig.channel.ask(message.swap, swap)).rejects.toBeInstanceOf(Refusal);
    const again = await connectAgent(join(box.directory, 'agent.sock'));
    expect((await again.ask(message.quiet, [])).int(tag.count)).toBeGreaterThanOrEqual(0);
    again.close();
    await rig.kill(box);
  });

  it('is refused when the program ends before its agent answers, with what it said', async () => {
    const program = join(rig.home, 'holdfast-guest');
    await expect(launch([program, 'agent', '--port-fd', '77'])).rejects.toThrow(
      /ended with status 64 before its agent/,
    );
    await expect(launch(['/bin/no-such-program'])).rejects.toThrow(/no-such-program/);
  });

  it('is refused a bundle outside of home, or through a link', async () => {
    await expect(launch(undefined, '/etc')).rejects.toThrow(/below/);
    const link = join(rig.home, 'sandboxes', 'link');
    symlinkSync('/etc', link);
    await expect(launch(undefined, link)).rejects.toBeInstanceOf(Refusal);
  });
});

const mkdtemp = (): string => mkdtempSync(join(tmpdir(), 'hf-cell-'));
const rm = (path: string): void => rmSync(path, { recursive: true, force: true });

/** Makes a directory inside; what the writable directory then holds. */
async function write(box: Sandbox, name: string): Promise<string[]> {
  await box.agent.ask(0x24, [[tag.path, `/rootfs/home/user/${name}`]]);
  return readdirSync(join(box.upper, 'home/user'));
}

async function launch(program?: string[], bundlePath?: string): Promise<Sandbox> {
  const name = `cell-${count++}`;
  const directory = join(rig.home, 'sandboxes', name);
  const [upper, socket, bundle] = ['upper', 'agent.sock', 'bundle'].map((part) => join(directory, part)) as [
    string,
    string,
    string,
  ];
  mkdirSync(bundle, { recursive: true });
  writeFileSync(join(bundle, 'look'), '#!/bin/sh\n', { mode: 0o755 });
  const agent = [join(rig.home, 'holdfast-guest'), 'agent', '--port-fd', '0', '--port-fd', '1', '--incarnation', name];
  const bind = encode([
    [tag.path, '/usr'],
    [tag.target, '/usr'],
  ]);
  const launched = await rig.channel.ask(message.launch, [
    [tag.sandbox, name],
    [tag.lower, [rig.template]],
    [tag.upper, upper],
    [tag.work, `${upper}.work`],
    [tag.bind, [bind]],
    [tag.socket, socket],
    [tag.hostname, 'cell'],
    [tag.machineId, '0'.repeat(32)],
    [tag.user, 1000],
    [tag.incarnation, name],
    [tag.flags, makesOwn],
    [tag.count, 2],
    [tag.path, bundlePath ?? bundle],
    [tag.argv, program ?? agent],
  ]);
  const box = new Sandbox(name, directory, upper, [rig.template], launched, await connectAgent(socket));
  rig.sandboxes.push(box);
  return box;
}
