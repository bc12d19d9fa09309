/**
 * What a taken-over QEMU can do with how its machine is saved: a program in its place, started by the launcher as QEMU is. Nothing
 * is emulated for it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { machineArguments } from '../../../src/compute/machine/arguments.ts';
import { type Decoded, encode, message, tag } from '../launcher-frames.ts';
import { Rig } from '../launcher-rig.ts';

const isRoot = process.getuid?.() === 0;
const memory = 0x8d;
const given = 106;
const copies = 1;
const mebibyte = 1 << 20;
const hasQemu = spawnSync('qemu-system-x86_64', ['--version']).status === 0;
/** What QEMU maps, and has a page of its own in; then what it leaves where its state is looked for. */
const program = (leaves: string): string => `
import mmap, os, time
m = mmap.mmap(16, ${mebibyte}, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
m[0:5] = b'taken'
os.chdir('/dev/shm')
${leaves}
os.rename('new', 'state')
time.sleep(77)
`;

describe.skipIf(!isRoot)('a QEMU that was taken over (needs root)', () => {
  let rig: Rig;
  let count = 0;
  const launched: Decoded[] = [];
  beforeAll(async () => {
    rig = await new Rig().start();
  });
  afterAll(async () => {
    for (const answer of launched) await rig.channel.ask(message.kill, identityOf(answer));
    await rig.close();
  });

  const identityOf = (answer: Decoded) =>
    [
      [tag.pid, answer.int(tag.pid)],
      [tag.startTicks, answer.int(tag.startTicks)],
      ...(answer.text(tag.cgroup) === '' ? [] : [[tag.cgroup, answer.text(tag.cgroup)] as const]),
      [tag.limitGroup, answer.texts(tag.limitGroup)],
    ] as const;

  /** Answers where its memory and state are saved to, and the saving itself. */
  async function saved(leaves: string): Promise<{ ram: string; state: string; save: () => Promise<Decoded> }> {
    const name = `qemu-${count++}`;
    const directory = join(rig.home, 'sandboxes', name);
    mkdirSync(directory, { mode: 0o700 });
    const base = join(directory, 'base');
    writeFileSync(base, Buffer.alloc(mebibyte, 'x'), { mode: 0o644 });
    chownSync(base, 1879048192 + 1000, 1879048192 + 1000);
    const answer = await rig.channel.ask(message.launch, [
      [tag.sandbox, name],
      [tag.lower, [rig.template]],
      [tag.upper, join(directory, 'upper')],
      [tag.work, join(directory, 'work')],
      [
        tag.bind,
        encode([
          [tag.path, '/usr'],
          [tag.target, '/usr'],
        ]),
      ],
      [tag.socket, join(directory, 'a.sock')],
      [tag.hostname, 'machine'],
      [tag.machineId, '0'.repeat(32)],
      [tag.user, 1000],
      [tag.incarnation, name],
      [tag.argv, ['/usr/bin/python3', '-c', program(leaves)]],
      [
        given,
        encode([
          [tag.path, base],
          [tag.flags, 0],
        ]),
      ],
    ]);
    launched.push(answer);
    const pid = answer.int(tag.pid);
    const isThere = (): boolean =>
      spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
        .stdout.split('\n')
        .some((child) => spawnSync('test', ['-e', `/proc/${child}/root/dev/shm/state`]).status === 0 || isLink(child));
    await expect.poll(isThere, { timeout: 10_000 }).toBe(true);
    const [ram, state] = [join(directory, 'ram'), join(directory, 'state')];
    await rig.channel.ask(memory, [
      [tag.path, base],
      [tag.target, ram],
      [tag.flags, copies],
    ]);
    const save = (): Promise<Decoded> =>
      rig.channel.ask(memory, [
        ...identityOf(answer).slice(0, 2),
        [tag.target, ram],
        [tag.path, '/dev/shm/state'],
        [tag.previous, state],
      ]);
    return { ram, state, save };
  }

  const isLink = (pid: string): boolean => spawnSync('test', ['-L', `/proc/${pid}/root/dev/shm/state`]).status === 0;

  it('F7: what it has of its own is saved, and what it says is its state', async () => {
    const { ram, state, save } = await saved("open('new', 'w').write('its state')");
    await save();
    expect(readFileSync(ram, 'utf8')).toBe(`taken${'x'.repeat(mebibyte - 5)}`);
    expect(readFileSync(state, 'utf8')).toBe('its state');
  });

  it('F7: a link where its state is expected leads nowhere', async () => {
    const { state, save } = await saved("os.symlink('../../etc/passwd', 'new')");
    await expect(save()).rejects.toMatchObject({ errno: 40 });
    expect(existsSync(state)).toBe(false);
  });

  it.each([
    ['is more than any', "os.truncate(os.open('new', os.O_RDWR | os.O_CREAT), (64 << 20) + 1)"],
    ['is a pipe', "os.mkfifo('new')"],
  ])('F7: its state is refused when it %s', async (_, leaves) => {
    const { state, save } = await saved(leaves);
    await expect(save()).rejects.toMatchObject({ errno: 27 });
    expect(existsSync(state)).toBe(false);
  });
});

describe.skipIf(!hasQemu)('QEMU', () => {
  it('F7: is started with a filter of its own, which it takes', async () => {
    const descriptors = { agents: [8, 9], machine: 10, monitor: 19, memory: 17, base: 16, work: 17, copy: 18 } as const;
    const shape = {
      kind: 'microvm',
      accelerator: 'tcg',
      memoryMib: 256,
      cpus: 1,
      hasAcpi: false,
      clockKhz: 1,
    } as const;
    const all = machineArguments({ shape: { ...shape, workMib: 0 }, descriptors, memoryIsOwn: true, boot: null });
    const at = all.indexOf('-sandbox');
    const filter = at < 0 ? [] : all.slice(at, at + 2);
    const words = ['-M', 'none', '-nodefaults', '-display', 'none', '-S', ...filter];
    const qemu = spawn('qemu-system-x86_64', words, { stdio: 'ignore' });
    onTestFinished(() => void qemu.kill('SIGKILL'));
    const filtered = (): boolean => /^Seccomp:\t2$/m.test(readFileSync(`/proc/${qemu.pid}/status`, 'utf8'));
    await expect.poll(filtered, { timeout: 10_000 }).toBe(true);
    expect(filter[1]).toMatch(/^on,(?=.*spawn=deny)(?=.*elevateprivileges=deny)(?=.*resourcecontrol=deny)/);
  });
});
