import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answer, type Behaviour, type FakeOptions, FakeTarget, markOf } from '../../../test/fixtures/fake-target.ts';
import { type Clock, systemClock, systemRandom } from '../../base/index.ts';
import { fieldRegistry } from '../fields/index.ts';
import { type Plan, type Profile, parseProfile } from '../profile/index.ts';
import { TargetError, type TargetSession } from '../targets/target.ts';
import { type CaptureRequest, captureProfile, forgetPartial } from './capture.ts';

const plan: Plan = {
  sessions: 3,
  windows: 1,
  windowGapMs: 0,
  rounds: 2,
  warmups: 1,
  repeats: 1,
  timeoutMs: 1000,
  seed: 1,
};
const prober = { holdfast: '0', node: 'v0', platform: 'test', kernel: '0', cpu: 'none', cpus: 1, memoryBytes: 1 };
/** A thousandth of every wait, so that giving up takes no time. */
const quick: Clock = {
  ...systemClock,
  after: (ms, fn) => systemClock.after(ms / 1000, fn),
  sleep: (ms, signal) => systemClock.sleep(ms / 1000, signal),
};

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hf-capture-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function request(target: FakeTarget, more: Partial<CaptureRequest> = {}): CaptureRequest {
  return {
    target,
    plan,
    prober,
    output: join(directory, 'profile.json'),
    // Six real seconds.
    sessionLimitMs: 6_000_000,
    clock: quick,
    random: systemRandom,
    load: () => null,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...more,
  };
}

const capture = (behave: Behaviour, more: Partial<CaptureRequest> = {}): Promise<Profile> =>
  captureProfile(request(new FakeTarget(behave), more));
const seen = (profile: Profile, id: string) => profile.observations.find((one) => one.id === id);
/** Answers one field, and is silent about all others. */
const user = (name: string) => (one: Parameters<Behaviour>[0]) =>
  answer(String(one.command).includes('identity.user') ? `=${markOf(one)} value identity.user\n|${name}\n` : '');
const part = (): string => join(directory, 'profile.json.part');

describe('a capture', () => {
  it('has every session, round and operation, and reads back as what was sealed', async () => {
    const profile = await capture(user('root'));
    expect(profile.complete).toBe(true);
    expect(profile.sessions.map(({ outcome, rounds }) => [outcome, rounds])).toEqual(Array(3).fill(['complete', 2]));
    expect(seen(profile, 'identity.user')).toMatchObject({ kind: 'value', value: 'root', readings: 3 });
    const noop = profile.latency.series.filter(({ operation }) => operation === 'exec.noop');
    expect(noop.map(({ session, samples }) => [session, samples.map(({ round }) => round)])).toEqual([
      [0, [0, 1]],
      [1, [0, 1]],
      [2, [0, 1]],
    ]);
    expect(profile.latency.unmeasured.map(({ operation }) => operation)).toEqual([
      'exec.stdin',
      'file.read-small',
      'file.write-large',
      'file.write-small',
    ]);
    expect(parseProfile(JSON.stringify(profile), 'it')).toEqual(profile);
  });

  it('has two yardsticks and a control in every round', async () => {
    const { latency } = await capture(user('root'), { plan: { ...plan, sessions: 1 } });
    const of = (role: string) =>
      latency.series
        .filter((one) => one.role === role)
        .map(({ operation, samples }) => `${operation} ${samples.length}`);
    expect(of('yardstick')).toEqual(['yardstick.shell 2', 'yardstick.spawn 2']);
    expect(of('control')).toEqual(['control.spawn 2']);
  });

  it('drops an operation that fails in every warm-up, and none that worked in one of them', async () => {
    const timed = async (fails: (time: number) => boolean) => {
      let times = 0;
      const { latency } = await capture(
        (one) => (String(one.command) === 'true' && fails(++times) ? answer('', { exitCode: 1 }) : user('root')(one)),
        { output: null, plan: { ...plan, sessions: 1, warmups: 3, repeats: 0 } },
      );
      const [series] = latency.series.filter(({ operation }) => operation === 'exec.program');
      const [problem] = latency.unmeasured.filter(({ operation }) => operation === 'exec.program');
      return [series?.samples.length, problem?.reason];
    };
    expect(await timed((time) => time === 3)).toEqual([2, undefined]);
    expect(await timed((time) => time === 1)).toEqual([2, undefined]);
    expect(await timed((time) => time <= 3)).toEqual([undefined, 'it leaves with 1']);
  });

  it('lists what varies over sessions as unstable', async () => {
    let session = -1;
    const target = new FakeTarget((one) => user(session === 1 ? 'other' : 'root')(one), { onOpen: () => session++ });
    const profile = await captureProfile(request(target));
    expect(seen(profile, 'identity.user')).toMatchObject({
      kind: 'unstable',
      seen: [
        { reading: 'root', times: 2 },
        { reading: 'other', times: 1 },
      ],
    });
  });

  it('spreads sessions over windows, and waits between them', async () => {
    const profile = await capture(user('root'), { plan: { ...plan, sessions: 4, windows: 2, windowGapMs: 1_000 } });
    expect(profile.sessions.map(({ window }) => window)).toEqual([0, 0, 1, 1]);
  });

  it('that fails in no way still opens and closes every session once', async () => {
    const target = new FakeTarget(user('root'));
    await captureProfile(request(target));
    expect([target.opened, target.closed]).toEqual([3, 3]);
  });
});

describe('a runtime that', () => {
  it('dies in the middle is reported as the runtime’s, and what was seen is kept', async () => {
    const profile = await capture((one, _, count) => {
      if (count > 4) throw new TargetError('runtime', 'died', 'the sandbox is gone');
      return user('root')(one);
    });
    expect(profile.complete).toBe(false);
    expect(profile.sessions.map(({ outcome }) => outcome)).toEqual(['partial', 'partial', 'partial']);
    expect(profile.sessions[0]?.troubles).toEqual([
      { side: 'runtime', code: 'died', message: 'the sandbox is gone', during: 'userland-made' },
    ]);
    expect(seen(profile, 'identity.user')).toMatchObject({ kind: 'value', value: 'root' });
    expect(seen(profile, 'exec.blocking')).toMatchObject({
      kind: 'could-not-measure',
      reason: 'no session came so far',
      trouble: { side: 'runtime', code: 'died' },
    });
  });

  it('cannot be reached any more is the harness’s trouble', async () => {
    const profile = await capture((one, _, count) => {
      if (count > 4) throw new Error('socket hang up');
      return user('root')(one);
    });
    expect(profile.sessions[0]?.troubles[0]).toMatchObject({ side: 'harness', code: 'unreachable' });
  });

  it('never starts makes an error and no profile', async () => {
    const target = new FakeTarget(user('root'), {
      onOpen: () => {
        throw new TargetError('runtime', 'not-started', 'no room');
      },
    });
    await expect(captureProfile(request(target))).rejects.toMatchObject({
      side: 'runtime',
      trouble: 'not-started',
      message: expect.stringContaining('no room'),
    });
  });

  it('hangs is given up, and asked no more after the second time', async () => {
    const profile = await capture(
      (one, signal, count) => {
        if (count < 2) return user('root')(one);
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
      { plan: { ...plan, sessions: 1 } },
    );
    expect(profile.sessions[0]?.troubles.map(({ side, code }) => `${side} ${code}`)).toEqual([
      'runtime hung',
      'runtime hung',
    ]);
    expect(seen(profile, 'exec.cwd.default')).toMatchObject({ kind: 'could-not-measure' });
  });

  it('ignores its own time limit and our signal cannot hold the capture up either', async () => {
    const profile = await capture((one, _, count) => (count < 2 ? user('root')(one) : new Promise(() => undefined)), {
      plan: { ...plan, sessions: 1 },
    });
    expect(profile.sessions[0]?.outcome).toBe('partial');
  });

  const never = (): Promise<never> => new Promise(() => undefined);
  const door = { files: 'door' } as const;
  const inFork = (session: Partial<TargetSession>) => ({
    fork: async (): Promise<TargetSession> => ({
      name: 'copy',
      lifetimeMs: null,
      exec: async () => answer('before\n'),
      writeFile: async () => undefined,
      readFile: async () => new Uint8Array(),
      close: async () => undefined,
      ...session,
    }),
  });

  it.each<[string, Partial<TargetSession>, string]>([
    ['writing a file', { writeFile: never }, 'tools.file.bytes'],
    ['reading a file', { readFile: never }, 'tools.file.bytes'],
    ['making a copy', { fork: never }, 'snapshot.files'],
    ['a command in a copy', inFork({ exec: never }), 'snapshot.files'],
    ['closing a copy', inFork({ close: never }), 'snapshot.files'],
    ['a pause', { suspendAndResume: never }, 'lifecycle.suspend'],
  ])('hangs in %s holds nothing up, and that is told', async (_, session, field) => {
    const target = new FakeTarget(user('root'), { features: door, session });
    const profile = await captureProfile(request(target, { plan: { ...plan, sessions: 1, rounds: 0, warmups: 0 } }));
    expect(profile.sessions[0]?.troubles).toMatchObject([{ side: 'runtime', code: 'hung' }]);
    expect(seen(profile, field)).toMatchObject({
      kind: 'could-not-measure',
      trouble: { side: 'runtime', code: 'hung' },
    });
    expect(seen(profile, 'identity.user')).toMatchObject({ kind: 'value', value: 'root' });
    expect(target.closed).toBe(1);
  });

  it('hangs in closing holds nothing up', async () => {
    const profile = await captureProfile(request(new FakeTarget(user('root'), { session: { close: never } })));
    expect(profile.sessions.map(({ troubles }) => troubles.map(({ code, during }) => [code, during]))).toEqual(
      Array(3).fill([['hung', 'close']]),
    );
  });

  it('opens after it was given up is closed all the same', async () => {
    const opening = Promise.withResolvers<void>();
    const target = new FakeTarget(user('root'), { onOpen: () => opening.promise });
    await expect(captureProfile(request(target, { plan: { ...plan, sessions: 1 } }))).rejects.toMatchObject({
      message: expect.stringContaining('no answer'),
    });
    opening.resolve();
    await expect.poll(() => [target.opened, target.closed]).toEqual([1, 1]);
  });

  it('stands still for longer than a session may take is left in the middle of a call', async () => {
    const startedMs = performance.now();
    const profile = await capture((one, _, count) => (count < 2 ? user('root')(one) : never()), {
      plan: { ...plan, sessions: 1, timeoutMs: 3_600_000 },
      sessionLimitMs: 200_000,
    });
    expect(performance.now() - startedMs).toBeLessThan(3000);
    expect(profile.sessions[0]).toMatchObject({
      outcome: 'partial',
      troubles: [{ side: 'harness', code: 'out-of-time' }],
    });
    expect(seen(profile, 'exec.blocking')).toMatchObject({ trouble: { side: 'harness', code: 'out-of-time' } });
  });

  it('breaks off in the middle of the rounds has those before kept', async () => {
    let timed = 0;
    const profile = await capture(
      (one) => {
        if (String(one.command) === 'true' && ++timed > 2) throw new TargetError('runtime', 'died', 'gone');
        return user('root')(one);
      },
      { plan: { ...plan, sessions: 1, rounds: 5 } },
    );
    expect(profile.sessions[0]).toMatchObject({ outcome: 'partial', rounds: 1, troubles: [{ code: 'died' }] });
    expect(profile.latency.series.find(({ operation }) => operation === 'exec.noop')?.samples.length).toBeGreaterThan(
      0,
    );
  });

  it('was silent in one session of several has that told apart from what the others said', async () => {
    let session = -1;
    const target = new FakeTarget(
      (one) =>
        session === 1 && String(one.command).includes('identity.user')
          ? answer('', { exitCode: null, timedOut: true })
          : user('root')(one),
      { onOpen: () => session++ },
    );
    const profile = await captureProfile(request(target));
    expect(seen(profile, 'identity.user')).toMatchObject({ kind: 'value', value: 'root', readings: 2, lost: 1 });
  });

  it('says nothing until its time is up is given up after two programs, not after every one (3)', async () => {
    const asked: string[] = [];
    const profile = await capture((one) => {
      asked.push(String(one.command));
      return answer('', { exitCode: null, timedOut: true });
    });
    expect(profile.sessions.map(({ outcome, troubles }) => [outcome, troubles.map(({ code }) => code)])).toEqual(
      Array(3).fill(['partial', ['hung', 'hung']]),
    );
    expect(profile.sessions[0]?.troubles[0]).toMatchObject({
      side: 'runtime',
      message: 'it said nothing within its time limit of 1 s',
    });
    // The clock, and two programs.
    expect(asked.filter((text) => text.includes('MARK='))).toHaveLength(6);
    expect(asked).toHaveLength(9);
  });

  it('is silent once is asked the rest', async () => {
    const profile = await capture(
      (one, _, count) =>
        count === 1 || count === 3 ? answer('', { exitCode: null, timedOut: true }) : user('root')(one),
      { plan: { ...plan, sessions: 1 } },
    );
    expect(profile.sessions[0]).toMatchObject({ outcome: 'complete', troubles: [{ code: 'hung' }, { code: 'hung' }] });
    expect(seen(profile, 'identity.user')).toMatchObject({ kind: 'value', value: 'root' });
  });

  it('takes more than a session’s time is left within a pass, and that is no verdict on it', async () => {
    let [late, asked] = [0, 0];
    const clock: Clock = { ...quick, monotonicMs: () => quick.monotonicMs() + late };
    const profile = await capture(
      (one) => {
        late += 9_000;
        asked++;
        return user('root')(one);
      },
      { clock, plan: { ...plan, sessions: 1 }, sessionLimitMs: 60_000 },
    );
    expect(profile.sessions[0]?.troubles).toMatchObject([{ side: 'harness', code: 'out-of-time' }]);
    expect(asked).toBeLessThan(10);
    expect(seen(profile, 'identity.user')).toMatchObject({ kind: 'value', value: 'root' });
  });

  it('prints binary has everything unmeasured, and no trouble breaks the form', async () => {
    const noise = Uint8Array.from({ length: 70_000 }, (_, at) => (at * 7919) % 256);
    const profile = await capture(() => answer(noise));
    parseProfile(JSON.stringify(profile), 'it');
    expect(seen(profile, 'identity.user')).toMatchObject({ kind: 'could-not-measure' });
  });

  it('has no shell has its reasons told, and is complete', async () => {
    const profile = await capture(
      () => {
        throw new TargetError('runtime', 'refused', 'sh: not found');
      },
      { plan: { ...plan, rounds: 0, warmups: 0 } },
    );
    expect(seen(profile, 'shell.implementation')).toMatchObject({ kind: 'could-not-measure', reason: 'sh: not found' });
    expect(profile.observations.length).toBe(fieldRegistry.length);
  });

  it('lies about a clock has no times from inside', async () => {
    const profile = await capture((one) => {
      const text = String(one.command);
      if (text.includes('EPOCHREALTIME-')) return answer('epochrealtime\n');
      const [, mark] = /echo "=([0-9a-f]+) /.exec(text) ?? [];
      return mark === undefined ? user('root')(one) : answer(`=${mark} 9.5 1.5\n`);
    });
    const inside = profile.latency.series.flatMap(({ samples }) => samples.map(({ insideMs }) => insideMs));
    expect(new Set(inside)).toEqual(new Set([null]));
  });
});

describe('a capture that was ended', () => {
  it('goes on after the sessions it has, in the same file', async () => {
    const controller = new AbortController();
    const first = new FakeTarget(user('root'), {
      onOpen: (session) => session === 2 && controller.abort(new Error('ended')),
    });
    await expect(captureProfile(request(first, { signal: controller.signal }))).rejects.toMatchObject({
      trouble: 'cancelled',
    });
    expect(first.closed).toBe(first.opened);
    const second = new FakeTarget(user('root'));
    const again = request(second);
    const profile = await captureProfile(again);
    expect(second.opened).toBe(1);
    expect(profile).toMatchObject({ complete: true, sessions: [{ index: 0 }, { index: 1 }, { index: 2 }] });
    await forgetPartial(again, profile);
    await expect(stat(part())).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('does failed sessions again', async () => {
    let broken = true;
    const target = new FakeTarget((one, _, count) => {
      if (broken && count > 4) throw new TargetError('runtime', 'died', 'gone');
      return user('root')(one);
    });
    const first = await captureProfile(request(target));
    await forgetPartial(request(target), first);
    expect(first.complete).toBe(false);
    broken = false;
    expect((await captureProfile(request(target))).complete).toBe(true);
  });

  it('is never mixed with another runtime of the same name, whatever its description leaves out', async () => {
    const begun = { facts: { template: 'a', version: '1' }, identity: { environment: { A: '1' } } };
    const controller = new AbortController();
    const onOpen = (session: number): unknown => session === 1 && controller.abort(new Error('ended'));
    const first = new FakeTarget(user('root'), { ...begun, onOpen });
    await expect(captureProfile(request(first, { signal: controller.signal }))).rejects.toThrow();
    const goOn = (options: FakeOptions): Promise<Profile> =>
      captureProfile(request(new FakeTarget(user('root'), options)));
    const refused = { code: 'invalid-argument', message: expect.stringContaining('is of another capture') };
    await expect(goOn({ ...begun, facts: { template: 'b', version: '1' } })).rejects.toMatchObject(refused);
    await expect(goOn({ ...begun, identity: { environment: { A: '2' } } })).rejects.toMatchObject(refused);
    const later = await goOn({ ...begun, facts: { template: 'a', version: '2' } });
    expect(later).toMatchObject({ complete: true, sessions: [{}, {}, {}] });
  });

  it('is never mixed with another plan, nor read when it is damaged', async () => {
    const controller = new AbortController();
    const target = new FakeTarget(user('root'), {
      onOpen: (session) => session === 1 && controller.abort(new Error('ended')),
    });
    await expect(captureProfile(request(target, { signal: controller.signal }))).rejects.toThrow();
    await expect(capture(user('root'), { plan: { ...plan, rounds: 9 } })).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    const text = await readFile(part(), 'utf8');
    await writeFile(part(), text.replace('root', 'evil'));
    await expect(capture(user('root'))).rejects.toThrow('damaged');
    await writeFile(part(), text.slice(0, 100));
    await expect(capture(user('root'))).rejects.toThrow('damaged');
  });
});
