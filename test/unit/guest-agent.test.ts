/** The agent's processes, connections and life, in raw frames. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageTypes as m } from '../../src/guest/wire.ts';
import { all, type FieldValues, type Frame, int, type Peer, TestAgent, text } from './guest-agent-peer.ts';

const reason = { exited: 1, signalled: 2, timedOut: 3, silent: 4, outputLimit: 8, cancelled: 12 };
const errno = { ENOENT: 2, ESRCH: 3, ENOEXEC: 8, EACCES: 13, EBUSY: 16, EINVAL: 22, EPIPE: 32, ECANCELED: 125 };
const environment = [`PATH=${process.env['PATH'] ?? '/usr/bin:/bin'}`];
let agent: TestAgent;
let peer: Peer;
let made = 0;

beforeAll(async () => {
  agent = new TestAgent();
  peer = await agent.peer();
});
afterAll(() => agent.stop());

const name = (): string => `p${++made}`;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function start(argv: string[], more: FieldValues = {}, on: Peer = peer): Promise<string> {
  const processId = name();
  const answer = await on.ask(m.spawn, { processId, argv, env: environment, cwd: '/', ...more });
  expect(answer.type, text(answer.payload, 'message')).toBe(m.ok);
  return processId;
}

interface Outcome {
  stdout: string;
  stderr: string;
  exit: Buffer;
  frames: Frame[];
}

async function outcome(processId: string, more: FieldValues = {}, on: Peer = peer): Promise<Outcome> {
  const frames = await on.until(on.send(m.attach, { processId, credit: 1 << 30, ...more }), m.exit);
  const output = (stream: number): string =>
    Buffer.concat(
      frames.filter((f) => f.type === m.output && f.payload[0] === stream).map((f) => f.payload.subarray(9)),
    ).toString();
  return { stdout: output(1), stderr: output(2), exit: frames.at(-1)?.payload ?? Buffer.alloc(0), frames };
}

const run = async (argv: string[], more: FieldValues = {}): Promise<Outcome> => outcome(await start(argv, more));
const sh = (script: string): string[] => ['sh', '-c', script];
const alive = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('a process', () => {
  it('prints to both streams and ends with its status', async () => {
    const done = await run(sh('echo out; echo err >&2; exit 7'));
    expect([done.stdout, done.stderr]).toEqual(['out\n', 'err\n']);
    expect([int(done.exit, 'reason'), int(done.exit, 'exitCode')]).toEqual([reason.exited, 7]);
    expect([int(done.exit, 'stdoutBytes'), int(done.exit, 'stderrBytes')]).toEqual([4, 4]);
  });

  it('ends with its signal and no exit code', async () => {
    const done = await run(sh('kill -USR1 $$'));
    expect([int(done.exit, 'reason'), int(done.exit, 'signal')]).toEqual([reason.signalled, 10]);
    expect(int(done.exit, 'exitCode')).toBeUndefined();
  });

  it('gets exactly its environment, its marker and its directory', async () => {
    const done = await run(['/usr/bin/env'], { env: ['A=1', 'B=two'] });
    expect(done.stdout.split('\n').filter(Boolean)).toEqual([`HOLDFAST_PROCESS=p${made}`, 'A=1', 'B=two']);
    expect((await run(['pwd', '-P'])).stdout).toBe(`${agent.root}\n`);
  });

  it('inherits no descriptors, blocks and ignores no signals', async () => {
    expect((await run(sh('ls /proc/self/fd | wc -l'))).stdout.trim()).toBe('4');
    const status = (await run(['cat', '/proc/self/status'])).stdout;
    expect(/SigBlk:\s+(\w+)/.exec(status)?.[1]).toBe('0000000000000000');
    expect(/SigIgn:\s+(\w+)/.exec(status)?.[1]).toBe('0000000000000000');
    expect((await run(['cat', '/proc/self/oom_score_adj'])).stdout.trim()).toBe('500');
  });

  it('reads end-of-file when no stdin was asked for', async () => {
    expect((await run(['cat'])).stdout).toBe('');
  });

  it('that cannot start answers why and leaves nothing behind', async () => {
    const file = join(agent.root, 'plain');
    writeFileSync(file, 'no program', { mode: 0o644 });
    const attempt = async (argv: string[], cwd = '/'): Promise<number | undefined> =>
      int((await peer.ask(m.spawn, { processId: 'never', argv, cwd, env: environment })).payload, 'errno');
    expect(await attempt(['no-such-program'])).toBe(errno.ENOENT);
    expect(await attempt([file])).toBe(errno.EACCES);
    writeFileSync(join(agent.root, 'garbage'), 'no program', { mode: 0o755 });
    expect(await attempt([join(agent.root, 'garbage')])).toBe(errno.ENOEXEC);
    expect(await attempt(['true'], '/no/such/directory')).toBe(errno.ENOENT);
    expect(int((await peer.ask(m.forget, { processId: 'never' })).payload, 'errno')).toBe(errno.ESRCH);
  });

  it('is started once however often it is asked for', async () => {
    const processId = await start(['sleep', '60']);
    const again = await peer.ask(m.spawn, { processId, argv: ['false'], cwd: '/' });
    expect([again.type, int(again.payload, 'flags')]).toEqual([m.ok, 1]);
    await peer.ask(m.signal, { processId, signal: 9, flags: 3 });
  });

  it('is told about, oldest last, and forgotten when it has ended', async () => {
    const processId = await start(['sleep', '60'], { tag: 'nap' });
    expect(int((await peer.ask(m.forget, { processId })).payload, 'errno')).toBe(errno.EBUSY);
    const list = all((await peer.ask(m.listProcesses)).payload, 'entry');
    const mine = list[0] ?? Buffer.alloc(0);
    expect([text(mine, 'processId'), text(mine, 'tag')]).toEqual([processId, 'nap']);
    expect(all(mine, 'argv').map(String)).toEqual(['sleep', '60']);
    expect(int(mine, 'reason')).toBeUndefined();
    await peer.ask(m.signal, { processId, signal: 15 });
    await outcome(processId);
    expect((await peer.ask(m.forget, { processId })).type).toBe(m.ok);
    expect((await peer.ask(m.attach, { processId, credit: 1 })).type).toBe(m.error);
  });

  it('does not wait for background children that hold its output, and keeps what they print', async () => {
    const started = Date.now();
    const processId = await start(sh('(sleep 0.4; echo late) & echo early'));
    const first = await outcome(processId);
    expect(first.stdout).toBe('early\n');
    expect(Date.now() - started).toBeLessThan(350);
    await sleep(600);
    expect((await outcome(processId, { offset: 6 })).stdout).toBe('late\n');
  });
});

describe('limits', () => {
  it('a timeout ends the whole tree, also what left its session, politely first', async () => {
    const file = join(agent.root, 'grandchild');
    const script = `setsid sh -c 'echo $$ > ${file}; sleep 60' & trap 'echo bye; exit 3' TERM; while :; do sleep 0.02; done`;
    const done = await run(sh(script), { timeoutMs: 200, graceMs: 2000 });
    expect(done.stdout).toBe('bye\n');
    expect([int(done.exit, 'reason'), int(done.exit, 'exitCode')]).toEqual([reason.timedOut, 3]);
    expect(alive(Number(readFileSync(file, 'utf8')))).toBe(false);
  });

  it('a timeout kills what will not go, after the grace', async () => {
    const file = join(agent.root, 'stubborn');
    const script = `trap '' TERM; setsid sh -c 'trap "" TERM; echo $$ > ${file}; while :; do sleep 0.05; done' & while :; do sleep 0.05; done`;
    const started = Date.now();
    const done = await run(sh(script), { timeoutMs: 100, graceMs: 200 });
    expect([int(done.exit, 'reason'), int(done.exit, 'signal')]).toEqual([reason.timedOut, 9]);
    expect(Date.now() - started).toBeGreaterThanOrEqual(300);
    expect(alive(Number(readFileSync(file, 'utf8')))).toBe(false);
  });

  it('silence ends it; output puts that off', async () => {
    const done = await run(sh('for i in 1 2 3 4; do echo $i; sleep 0.1; done; sleep 60'), { silenceMs: 250 });
    expect([done.stdout, int(done.exit, 'reason')]).toEqual(['1\n2\n3\n4\n', reason.silent]);
  });

  it('output past the limit kills it and is counted, not kept', async () => {
    const done = await run(sh('echo err >&2; sleep 0.1; exec cat /dev/zero'), { outputLimit: 1000 });
    expect([int(done.exit, 'reason'), int(done.exit, 'signal')]).toEqual([reason.outputLimit, 9]);
    expect(done.stdout.length + done.stderr.length).toBe(1000);
    expect(int(done.exit, 'stdoutBytes')).toBeGreaterThan(1000);
  });
});

describe('output', () => {
  it('waits for credit, and the process with it', async () => {
    const attached = join(agent.root, 'attached');
    // What comes before there is a reader waits for nobody: no more of it than is kept.
    const script = `head -c 2000 /dev/zero; until [ -e ${attached} ]; do sleep 0.01; done; head -c 2998000 /dev/zero; echo done >&2`;
    const processId = await start(sh(script), { retain: 65_536 });
    const id = peer.send(m.attach, { processId, credit: 1000 });
    const first = await peer.next(id);
    expect(first.payload.length).toBe(1009);
    writeFileSync(attached, '');
    await sleep(100);
    expect(peer.waiting(id)).toBe(0);
    const listed = all((await peer.ask(m.listProcesses)).payload, 'entry')[0] ?? Buffer.alloc(0);
    expect(int(listed, 'reason')).toBeUndefined();
    peer.credit(id, 1 << 30);
    const rest = await peer.until(id, m.exit);
    let offset = 1000;
    for (const frame of rest.filter((f) => f.type === m.output && f.payload[0] === 1)) {
      expect(Number(frame.payload.readBigUInt64LE(1))).toBe(offset);
      offset += frame.payload.length - 9;
    }
    expect(offset).toBe(3_000_000);
  });

  it('goes on without a reader, keeping the newest; the gap is exact', async () => {
    const processId = await start(sh('seq 1 50000'), { retain: 10_000 });
    await sleep(200);
    const done = await outcome(processId);
    const whole = Array.from({ length: 50_000 }, (_, i) => `${i + 1}\n`).join('');
    const offset = Number(done.frames[0]?.payload.readBigUInt64LE(1));
    expect(offset).toBe(whole.length - 10_000);
    expect(done.stdout).toBe(whole.slice(-10_000));
    expect(int(done.exit, 'stdoutBytes')).toBe(whole.length);
  });

  it('is found again on another connection, from any offset, by any number of readers', async () => {
    const first = await agent.peer();
    const processId = await start(sh('echo one; sleep 0.3; echo two'), {}, first);
    const id = first.send(m.attach, { processId, credit: 100 });
    expect((await first.next(id)).payload.subarray(9).toString()).toBe('one\n');
    first.socket.destroy();
    const [a, b] = await Promise.all([outcome(processId, { offset: 4 }), outcome(processId, { offset: 2 })]);
    expect([a.stdout, b.stdout]).toEqual(['two\n', 'e\ntwo\n']);
    expect((await peer.ask(m.attach, { processId, offset: 1000 })).type).toBe(m.error);
  });
});

describe('stdin', () => {
  it('takes bytes against credit and ends with a receipt', async () => {
    const processId = await start(['wc', '-c'], { flags: 2 });
    const id = peer.send(m.stdin, { processId });
    let credit = int((await peer.next(id)).payload, 'credit') ?? 0;
    expect(int((await peer.ask(m.stdin, { processId })).payload, 'errno')).toBe(errno.EBUSY);
    for (let left = 1_000_000; left > 0; ) {
      while (credit === 0) credit += (await peer.next(id)).payload.readUInt32LE(0);
      const size = Math.min(credit, left, 100_000);
      peer.send(m.data, Buffer.alloc(size), id);
      credit -= size;
      left -= size;
    }
    peer.send(m.end, {}, id);
    expect((await peer.until(id, m.end)).at(-1)?.type).toBe(m.end);
    expect((await outcome(processId)).stdout.trim()).toBe('1000000');
    expect(int((await peer.ask(m.stdin, { processId })).payload, 'errno')).toBe(errno.EPIPE);
  });

  it('fails when the process has ended', async () => {
    const processId = await start(['true'], { flags: 2 });
    const id = peer.send(m.stdin, { processId });
    const last = (await peer.until(id, m.end)).at(-1);
    expect(int(last?.payload ?? Buffer.alloc(0), 'errno')).toBe(errno.EPIPE);
  });
});

describe('a terminal', () => {
  it('is one: size, resize, control characters, end', async () => {
    const processId = await start(sh('tty >/dev/null && stty size; read line; stty size; exec cat'), {
      flags: 1,
      rows: 30,
      columns: 100,
    });
    const output = peer.send(m.attach, { processId, credit: 1 << 20 });
    expect((await peer.next(output)).payload.subarray(9).toString()).toBe('30 100\r\n');
    expect((await peer.ask(m.resize, { processId, rows: 40, columns: 120 })).type).toBe(m.ok);
    const input = peer.send(m.stdin, { processId });
    await peer.next(input);
    peer.send(m.data, Buffer.from('go\n'), input);
    let seen = '';
    while (!seen.includes('40 120')) seen += (await peer.next(output)).payload.subarray(9).toString();
    peer.send(m.data, Buffer.from('\x03'), input);
    const exit = (await peer.until(output, m.exit)).at(-1)?.payload ?? Buffer.alloc(0);
    expect([int(exit, 'reason'), int(exit, 'signal')]).toEqual([reason.signalled, 2]);
  });

  it('ends its input with the end-of-transmission character', async () => {
    const processId = await start(['cat'], { flags: 1 });
    const input = peer.send(m.stdin, { processId });
    await peer.next(input);
    peer.send(m.end, {}, input);
    expect(int((await outcome(processId)).exit, 'exitCode')).toBe(0);
  });
});

describe('a signal', () => {
  it('reaches one process or its whole tree, and waits for that to be gone', async () => {
    const file = join(agent.root, 'signalled');
    const script = `setsid sh -c 'echo $$ > ${file}; sleep 60' & sleep 60`;
    const processId = await start(sh(script));
    while (!existsSync(file) || readFileSync(file, 'utf8') === '') await sleep(5);
    const pid = Number(readFileSync(file, 'utf8'));
    await peer.ask(m.signal, { processId, signal: 15 });
    expect(int((await outcome(processId)).exit, 'signal')).toBe(15);
    expect(alive(pid)).toBe(true);
    expect((await peer.ask(m.signal, { processId, signal: 9, flags: 3 })).type).toBe(m.ok);
    expect(alive(pid)).toBe(false);
    expect(int((await peer.ask(m.signal, { processId, signal: 9 })).payload, 'errno')).toBe(errno.ESRCH);
    expect((await peer.ask(m.signal, { processId, signal: 9, flags: 3 })).type).toBe(m.ok);
    expect(int((await peer.ask(m.signal, { processId: 'nobody', signal: 9 })).payload, 'errno')).toBe(errno.ESRCH);
  });
});

describe('its life', () => {
  it('tells who it is and echoes pings', async () => {
    const other = await agent.peer(false);
    const hello = (await other.ask(m.hello, { version: 1 })).payload;
    expect([int(hello, 'version'), text(hello, 'incarnation')]).toEqual([1, 'test']);
    expect((await other.ask(m.ping, Buffer.from('abc'))).payload.toString()).toBe('abc');
    other.socket.destroy();
  });

  it('says how quiet it is and empties itself on reset', async () => {
    const processId = await start(sh('setsid sleep 60 & echo; sleep 60'));
    const output = peer.send(m.attach, { processId, credit: 1 << 20 });
    await peer.next(output);
    const watch = peer.send(m.watch, { path: '/', credit: 1000 });
    await peer.next(watch);
    const quiet = (await peer.ask(m.quiet)).payload;
    expect([int(quiet, 'count') ?? 0, int(quiet, 'more')]).toEqual([expect.any(Number), 1]);
    expect(int(quiet, 'count')).toBeGreaterThanOrEqual(2);
    expect((await peer.ask(m.reset)).type).toBe(m.ok);
    expect(int((await peer.next(watch)).payload, 'errno')).toBe(errno.ECANCELED);
    const after = (await peer.ask(m.quiet)).payload;
    expect([int(after, 'count'), int(after, 'more')]).toEqual([0, 0]);
    expect(int((await peer.next(output)).payload, 'reason')).toBe(reason.cancelled);
  });

  it('takes another incarnation and lease after a restore, for everybody who connects from then on', async () => {
    const restored = new TestAgent();
    const first = await restored.peer();
    const incarnation = async (): Promise<string> => {
      const hello = await (await restored.peer(false)).ask(m.hello, { version: 1 });
      return text(hello.payload, 'incarnation') ?? '';
    };
    const refused = [
      { incarnation: 'x'.repeat(129), generation: 'g', leaseMs: 0 },
      { incarnation: 'x', generation: 'g'.repeat(129), leaseMs: 0 },
      { generation: 'g', leaseMs: 0 },
      { incarnation: 'x', leaseMs: 0 },
      { incarnation: 'x', generation: 'g', leaseMs: 2 ** 32 },
    ];
    for (const values of refused) expect(int((await first.ask(m.renew, values)).payload, 'errno')).toBe(errno.EINVAL);
    expect(await incarnation()).toBe('test');
    expect((await first.ask(m.renew, { incarnation: 'another', generation: 'g', leaseMs: 300 })).type).toBe(m.ok);
    expect(await incarnation()).toBe('another');
    expect(await restored.exited).toBe(75);
    await restored.stop();
  });

  it('stands still until the connection that asked for it renews the lease, and then has the time it had left', async () => {
    const still = new TestAgent();
    const first = await still.peer();
    const second = await still.peer();
    await first.ask(m.spawn, { processId: 'p', argv: ['/bin/sleep', '60'], cwd: '/', timeoutMs: 500 });
    const attachment = first.send(m.attach, { processId: 'p', credit: 1000 });
    await first.ask(m.still);
    // Somebody else's lease is noted, and ends nothing.
    await second.ask(m.lease, { leaseMs: 300 });
    await sleep(1000);
    expect((await first.ask(m.lease, { leaseMs: 0 })).type).toBe(m.ok);
    expect(first.waiting(attachment)).toBe(0);
    const ended = (await first.until(attachment, m.exit)).at(-1)?.payload ?? Buffer.alloc(0);
    expect(int(ended, 'reason')).toBe(3);
    expect(int(ended, 'durationMs')).toBeLessThan(1000);
    await first.ask(m.ping);
    await still.stop();
  });

  it('ends with 75 when its lease runs out, with 0 when told to, and takes everything with it', async () => {
    const leased = new TestAgent();
    const first = await leased.peer();
    await start(['sleep', '60'], {}, first);
    const pid = int(all((await first.ask(m.listProcesses)).payload, 'entry')[0] ?? Buffer.alloc(0), 'pid') ?? 0;
    await first.ask(m.lease, { leaseMs: 100 });
    await sleep(60);
    await first.ask(m.lease, { leaseMs: 150 });
    await sleep(100);
    expect(leased.process.exitCode).toBe(null);
    expect(await leased.exited).toBe(75);
    await sleep(50);
    expect(alive(pid)).toBe(false);
    await leased.stop();

    const told = new TestAgent();
    const second = await told.peer();
    await start(sh('trap "" TERM; sleep 60'), {}, second);
    expect((await second.ask(m.shutdown, { graceMs: 100 })).type).toBe(m.ok);
    expect(await told.exited).toBe(0);
    await told.stop();
  });
});
