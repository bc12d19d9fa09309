/** LAUNCH of a program in the agent's place: what it is given, what it is not, and files kept in memory. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { type Decoded, encode, type Fields, message, Refusal, tag } from './launcher-frames.ts';
import { connectAgent, own, Rig } from './launcher-rig.ts';

const isRoot = process.getuid?.() === 0;
const keep = 0x8c;
const [digest, control, file, listener] = [101, 105, 106, 109];
const writable = 1;
const kept = 2;

interface Variant {
  name: string;
  uid: number | undefined;
}
const variants: Variant[] = [
  { name: 'root', uid: undefined },
  { name: 'ordinary user', uid: 1000 },
];

describe.skipIf(!isRoot).each(variants)('a program behind a relay: $name (needs root)', ({ uid }) => {
  let rig: Rig;
  let tools: string;
  let count = 0;
  const launched: { name: string; answer: Decoded }[] = [];

  beforeAll(async () => {
    rig = new Rig(uid === undefined ? {} : { uid });
    tools = join(rig.home, 'tools');
    mkdirSync(tools);
    copyFileSync(buildGuest(), join(tools, 'guest'));
    chmodSync(join(tools, 'guest'), 0o755);
    own(tools, uid ?? 0);
    await rig.start();
  });
  afterAll(async () => {
    for (const { answer } of launched) await rig.channel.ask(message.kill, identity(answer));
    await rig.close();
  });

  const identity = (answer: Decoded): Fields => [
    [tag.pid, answer.int(tag.pid)],
    [tag.startTicks, answer.int(tag.startTicks)],
    ...(answer.text(tag.cgroup) === '' ? [] : [[tag.cgroup, answer.text(tag.cgroup)] as const]),
    [tag.limitGroup, answer.texts(tag.limitGroup)],
  ];

  /** A file of the home that the sandbox's user may write. */
  function place(name: string, text: string): string {
    const path = join(rig.home, name);
    writeFileSync(path, text, { mode: 0o644 });
    const id = uid ?? 1879048192 + 1000;
    chownSync(path, id, id);
    return path;
  }

  async function launch(fields: Fields): Promise<{ directory: string; answer: Decoded }> {
    const name = `p${count++}`;
    const directory = join(rig.home, 'sandboxes', name);
    mkdirSync(directory, { mode: 0o700 });
    if (uid !== undefined) chownSync(directory, uid, uid);
    const bind = (path: string, target: string): Buffer =>
      encode([
        [tag.path, path],
        [tag.target, target],
      ]);
    const answer = await rig.channel.ask(message.launch, [
      [tag.sandbox, name],
      [tag.lower, [rig.template]],
      [tag.upper, join(directory, 'upper')],
      [tag.work, join(directory, 'work')],
      [tag.bind, [bind('/usr', '/usr'), bind(tools, '/home/user')]],
      [tag.socket, join(directory, 'a.sock')],
      [tag.hostname, 'testbox'],
      [tag.machineId, '0'.repeat(32)],
      [tag.user, 1000],
      [tag.incarnation, name],
      ...fields,
    ]);
    launched.push({ name, answer });
    return { directory, answer };
  }

  const given = (path: string, flags: number): readonly [number, Buffer] => [
    file,
    encode([
      [tag.path, path],
      [tag.flags, flags],
    ]),
  ];

  async function until(isDone: () => boolean): Promise<void> {
    for (let i = 0; i < 500 && !isDone(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isDone()).toBe(true);
  }

  it('gets its files in order, its channels, and nothing else', async () => {
    const [input, output] = [place('input', 'given\n'), place('output', '')];
    const script = `cat <&16 >&17; id -u >&17; grep -E 'Cap(Eff|Bnd)|NoNewPrivs|Seccomp:' /proc/self/status >&17
      ls /proc/$$/fd >&17; (echo x >&16) 2>/dev/null || echo read-only >&17; echo done >&17; exec sleep 77`;
    const more = join(rig.home, 'sandboxes', `more-${uid ?? 0}.sock`);
    await launch([[tag.argv, ['/bin/bash', '-c', script]], [control, more], given(input, 0), given(output, writable)]);
    await until(() => readFileSync(output, 'utf8').includes('done'));
    const said = readFileSync(output, 'utf8');
    expect(said).toMatch(/^given\n1000\n/);
    expect(said).toMatch(/CapEff:\t0+\nCapBnd:\t0+\nNoNewPrivs:\t1\nSeccomp:\t2\n/);
    expect(said).toContain('\n0\n1\n16\n17\n2\n8\n9\nread-only\n');
    expect(existsSync(more)).toBe(true);
  });

  it.skipIf(!existsSync('/dev/kvm'))('has /dev/kvm when it is asked for, and not otherwise', async () => {
    if (uid !== undefined) return; // Whether this user may use it is the machine's affair.
    const output = place('kvm-output', '');
    const script = '(: 3<>/dev/kvm) 2>/dev/null && echo yes >&16 || echo no >&16; echo done >&16; exec sleep 77';
    await launch([[tag.argv, ['/bin/bash', '-c', script]], given(output, writable), [tag.flags, 16]]);
    await until(() => readFileSync(output, 'utf8').includes('done'));
    expect(readFileSync(output, 'utf8')).toBe('yes\ndone\n');
    const other = place('no-kvm-output', '');
    await launch([[tag.argv, ['/bin/bash', '-c', script]], given(other, writable)]);
    await until(() => readFileSync(other, 'utf8').includes('done'));
    expect(readFileSync(other, 'utf8')).toBe('no\ndone\n');
  });

  it('may listen on a socket that others connect to', async () => {
    const path = join(rig.home, 'sandboxes', `listen-${uid ?? 0}.sock`);
    await launch([
      [tag.argv, ['/home/user/guest', 'agent', '--listen-fd', '16']],
      [listener, path],
    ]);
    const agent = await connectAgent(path);
    await agent.ask(message.ping, Buffer.from('x'));
    agent.close();
  });

  it('serves the agent through the relay, one client after the other', async () => {
    const { directory } = await launch([[tag.argv, ['/home/user/guest', 'agent', '--port-fd', '8']]]);
    for (let i = 0; i < 3; i++) {
      const agent = await connectAgent(join(directory, 'a.sock'));
      agent.close();
    }
  });

  it('ends with its program', async () => {
    const { answer } = await launch([[tag.argv, ['/bin/sh', '-c', 'exit 3']]]);
    await until(() => rig.exits.some((exit) => exit.int(tag.pid) === answer.int(tag.pid)));
  });

  it('is gone, its number too, as soon as KILL is answered', async () => {
    // One that is dead but not collected is there for a moment only, and longest when the launcher has much to do.
    for (let round = 0; round < 5; round++) {
      const all = await Promise.all(Array.from({ length: 6 }, () => launch([[tag.argv, ['/bin/sleep', '77']]])));
      const left = await Promise.all(
        all.map(async ({ answer }) => {
          await rig.channel.ask(message.kill, identity(answer));
          return existsSync(`/proc/${answer.int(tag.pid)}`);
        }),
      );
      expect(left).toEqual(all.map(() => false));
    }
  });

  it.each([
    ['a program that is not there', () => [[tag.argv, ['/no/such/program']]] as Fields, 2],
    ['a program without a path', () => [[tag.argv, ['sleep', '1']]] as Fields, 22],
    ['files without a program', () => [given(place('f', ''), 0)] as Fields, 22],
    ['a file outside of home', () => [[tag.argv, ['/bin/true']], given('/etc/passwd', 0)] as Fields, 1],
    ['a file through ..', () => [[tag.argv, ['/bin/true']], given(`${rig.home}/../../etc/passwd`, 0)] as Fields, 18],
    ['a directory', () => [[tag.argv, ['/bin/true']], given(rig.template, 0)] as Fields, 22],
    ['a file that is not kept', () => [[tag.argv, ['/bin/true']], given(place('n', ''), kept)] as Fields, 2],
  ])('is refused %s, and nothing is left', async (_, fields, errno) => {
    const refused = launch([[control, join(rig.home, 'sandboxes', 'left.sock')], ...fields()]);
    await expect(refused).rejects.toMatchObject({ errno });
    expect(existsSync(join(rig.home, 'sandboxes', 'left.sock'))).toBe(false);
    expect(await refused.catch((error: unknown) => error)).toBeInstanceOf(Refusal);
  });

  it('is refused a link', async () => {
    const path = join(rig.home, `link-${uid ?? 0}`);
    symlinkSync('/etc/passwd', path);
    await expect(launch([[tag.argv, ['/bin/true']], given(path, 0)])).rejects.toMatchObject({ errno: 40 });
  });

  it('shares a kept file that nobody can change', async () => {
    const source = place('kept', 'k'.repeat(100_000));
    const output = place('kept-output', '');
    const asked = await rig.channel.ask(keep, [[tag.path, source]]);
    expect(asked.int(tag.bytes)).toBe(100_000);
    writeFileSync(source, 'changed');
    const again = await rig.channel.ask(keep, [[tag.path, source]]);
    expect([again.int(tag.bytes), again.text(digest)]).toEqual([100_000, asked.text(digest)]);
    const script = `wc -c </proc/self/fd/16 >&17; (echo x 1<>/proc/self/fd/16 >&1) 2>/dev/null || echo sealed >&17; echo done >&17`;
    await launch([
      [tag.argv, ['/bin/bash', '-c', `${script}; exec sleep 77`]],
      given(source, kept),
      given(output, writable),
    ]);
    await until(() => readFileSync(output, 'utf8').includes('done'));
    expect(readFileSync(output, 'utf8')).toBe('100000\nsealed\ndone\n');
    await rig.channel.ask(keep, [
      [tag.path, source],
      [tag.flags, 1],
    ]);
    await expect(launch([[tag.argv, ['/bin/true']], given(source, kept)])).rejects.toMatchObject({ errno: 2 });
  });

  it('keeps the same with a digest and without: pages that hold something, in their places', async () => {
    const pages = ['a', 'b', '\0', 'c'].map((letter) => letter.repeat(4096));
    const content = [...pages, 'd'.repeat(100)].join('');
    const holding = [0, 1, 3, 4].map((page) => [page * 4096, content.slice(page * 4096, (page + 1) * 4096)] as const);
    const hash = createHash('sha256');
    for (const [at, text] of holding) {
      const head = Buffer.alloc(8);
      head.writeBigUInt64LE(BigInt(at));
      hash.update(head).update(text);
    }
    const [told, untold, output] = [place('told', content), place('untold', content), place('kept-sums', '')];
    const asked = await rig.channel.ask(keep, [[tag.path, told]]);
    expect([asked.text(digest), asked.int(tag.bytes)]).toEqual([hash.digest().toString(), 3 * 4096 + 100]);
    const unread = await rig.channel.ask(keep, [
      [tag.path, untold],
      [tag.flags, 2],
    ]);
    expect([unread.texts(digest), unread.int(tag.bytes)]).toEqual([[], asked.int(tag.bytes)]);
    const script =
      'for n in 16 17; do sha256sum </proc/self/fd/$n >&18; done; (echo x 1<>/proc/self/fd/17 >&1) 2>/dev/null || echo sealed >&18';
    await launch([
      [tag.argv, ['/bin/bash', '-c', `${script}; exec sleep 77`]],
      given(told, kept),
      given(untold, kept),
      given(output, writable),
    ]);
    await until(() => readFileSync(output, 'utf8').includes('sealed'));
    const sum = createHash('sha256').update(content).digest('hex');
    expect(readFileSync(output, 'utf8')).toBe(`${sum}  -\n${sum}  -\nsealed\n`);
  });

  it('answers a client in the backlog only after the first has gone', async () => {
    const { directory } = await launch([[tag.argv, ['/home/user/guest', 'agent', '--port-fd', '8']]]);
    const path = join(directory, 'a.sock');
    const first = await connectAgent(path);
    const second = createConnection(path);
    let answered = false;
    second.once('data', () => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(answered).toBe(false);
    first.close();
    second.destroy();
  });
});
