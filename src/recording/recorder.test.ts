/** The recorder of one sandbox, but for its snapshots. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecorderBench } from '../../test/fixtures/recorder-bench.ts';
import { systemClock } from '../base/index.ts';
import { mostPatternsTold } from '../network/index.ts';
import type { NetworkFlow } from '../schema/index.ts';
import { openRecording } from './reader.ts';
import { currentStep, type Recorder } from './recorder.ts';

const bench = new RecorderBench();
const { begin, events, of } = bench;
let recorder: Recorder;
beforeEach(async () => {
  await bench.start();
  recorder = bench.recorder;
});
afterEach(() => bench.close());

const lost = {
  ok: false as const,
  durationMs: 1,
  error: { code: 'sandbox-died', message: 'x', fault: 'infrastructure', retryable: true } as const,
};
const outage = (more: object = {}): NetworkFlow =>
  ({
    ...{
      error: 'reset',
      endedBy: 'outside',
      host: 'a.example',
      decision: { allowed: true, code: 'allowed' },
      tape: null,
    },
    at: new Date().toISOString(),
    ...more,
  }) as NetworkFlow;
const answered = { ok: true as const, value: { exitCode: 0, reason: 'exited' }, durationMs: 1 };
const failed = { ok: true as const, value: { exitCode: 1, reason: 'exited' }, durationMs: 1 };

describe('a step', () => {
  it('is numbered in the order of beginnings, and known to what runs within it', async () => {
    const [one, two] = [begin('a'), begin('b')];
    expect(await two.during(async () => currentStep())).toBe(2);
    expect(await one.during(async () => Promise.resolve().then(currentStep))).toBe(1);
    expect(currentStep()).toBeNull();
    two.end(answered);
    one.end(answered);
    expect(
      (await events()).map(({ type, ...event }) => `${type} ${'step' in event ? event.step : ''}`).slice(0, 4),
    ).toEqual(['step-begun 1', 'step-begun 2', 'step-ended 2', 'step-ended 1']);
  });

  it('whose variables hold a secret is begun when that is known, here and to the tape', async () => {
    const input = { environment: { API_TOKEN: 'given-with-a-command', LANG: 'C' } };
    const learnt = recorder.learn(input);
    await learnt;
    expect(bench.told).toBe(1);
    expect(recorder.learn(input)).toBeNull();
    for (const other of [null, 'text', {}, { environment: null }, { environment: { API_TOKEN: 7 } }])
      expect(recorder.learn(other)).toBeNull();
    begin('shell', { input }).end(answered);
    const lines = JSON.stringify(await events());
    expect(lines).not.toContain('given-with-a-command');
    expect(lines).toContain('hfr_');
  });

  it('that cannot be written down is not begun (1)', async () => {
    await recorder.writer.leave();
    expect(() => begin()).toThrow();
    expect(recorder.steps).toBe(0);
  });

  it('names its cause: the agent’s, or the plan’s that had its hand in it', async () => {
    begin('a').end(failed);
    const faulted = begin('b');
    const facts = {
      fault: 'tool.error',
      family: 'tool',
      means: 'synthetic',
      effect: 'none',
      parameters: {},
      draw: { seed: 1 },
    } as const;
    recorder.fault({ step: null, callId: 'cal-b-1', ...facts });
    faulted.end(failed);
    const inside = begin('c');
    await inside.during(async () => recorder.fault({ step: null, callId: null, ...facts }));
    inside.end(failed);
    const harmless = begin('d');
    recorder.fault({ step: null, callId: 'cal-d-3', ...facts, fault: 'clock.zone' });
    harmless.end({ ...failed, injected: false });
    expect((await of('step-ended')).map(({ cause }) => cause)).toEqual(['agent', 'injected', 'injected', 'agent']);
    expect((await of('fault')).map(({ step }) => step)).toEqual([2, 3, 4]);
    expect(recorder.failures).toEqual({ agent: 2, injected: 2, infrastructure: 0, unknown: 0 });
  });

  it('of a sandbox that ended, or whose network broke, is infrastructure’s', async () => {
    const broken = begin('a');
    recorder.flow(outage());
    broken.end(failed);
    begin('b').end(failed);
    const last = begin('c');
    recorder.lifecycle('sandbox-gone', { reason: 'died' });
    last.end(lost);
    expect((await of('step-ended')).map(({ cause }) => cause)).toEqual(['infrastructure', 'agent', 'infrastructure']);
  });

  it('whose own connections it dropped itself, or which an earlier step left, is the agent’s', async () => {
    const dropping = begin('a');
    recorder.flow(outage({ endedBy: 'inside' }));
    dropping.end(failed);
    const at = new Date(Date.now() - 1000).toISOString();
    const later = begin('b');
    recorder.flow(outage({ at }));
    later.end(failed);
    expect((await of('step-ended')).map(({ causeRule }) => causeRule)).toEqual(['exit-status', 'exit-status']);
  });

  it('whose request was on no tape is nobody’s', async () => {
    const step = begin('a');
    recorder.flow(outage({ error: null, decision: { allowed: false, code: 'tape-miss' } }));
    step.end(failed);
    expect(await of('step-ended')).toMatchObject([{ cause: 'unknown', causeRule: 'tape-miss' }]);
  });

  it('of a sandbox that ended of a limit is the agent’s, and that is waited for', async () => {
    const step = begin('a');
    const waiting = recorder.whyEnded(lost.error);
    let isTold = false;
    const told = waiting?.then(() => {
      isTold = true;
    });
    await systemClock.sleep(20);
    expect([waiting === null, isTold]).toEqual([false, false]);
    recorder.lifecycle('sandbox-gone', { reason: 'oom' });
    await told;
    step.end(lost);
    expect(recorder.whyEnded(lost.error)).toBeNull();
    expect(await of('step-ended')).toMatchObject([{ cause: 'agent', causeRule: 'sandbox-limit' }]);
  });

  it.each(['none', 'userspace-kernel', 'vm'] as const)(
    'of a sandbox that may have ended itself is nobody’s: %s',
    async (isolation) => {
      await bench.openAnew({ isolation });
      recorder = bench.recorder;
      begin('a').end(lost);
      const step = begin('b');
      recorder.lifecycle('sandbox-gone', { reason: 'died' });
      step.end(failed);
      const rules = (await of('step-ended')).map(({ cause, causeRule }) => [cause, causeRule]);
      expect(rules).toEqual([
        ['unknown', 'sandbox-may-end-itself'],
        ['unknown', 'sandbox-may-end-itself'],
      ]);
    },
  );

  it('that failed otherwise waits for nothing', () => {
    expect(recorder.whyEnded({ code: 'busy', fault: 'infrastructure' })).toBeNull();
    expect(recorder.whyEnded({ code: 'sandbox-died', fault: 'injected' })).toBeNull();
  });

  it('that something harmless lasts in is still the network’s fault, and only delayed it is the agent’s', async () => {
    const facts = { means: 'physical', effect: 'none', parameters: {}, callId: null } as const;
    const reset = begin('a');
    recorder.fault({ step: 1, ...facts, fault: 'network.reset', family: 'network', draw: { name: 'a.example' } });
    reset.end({ ...failed, injected: false });
    const slow = begin('b');
    recorder.fault({ step: 2, ...facts, fault: 'network.latency', family: 'network', draw: { name: 'a.example' } });
    slow.end(failed);
    const late = begin('c');
    recorder.fault({ step: 3, ...facts, fault: 'exec.slow-start', family: 'exec', draw: { id: 'slow' } });
    late.end({ ok: true, value: { exitCode: null, reason: 'timed-out' }, durationMs: 1, injected: false });
    expect((await of('step-ended')).map(({ cause }) => cause)).toEqual(['injected', 'agent', 'injected']);
  });

  it('holds no secret, whatever part of it had one', async () => {
    const step = begin('a', { input: { command: 'use geheimnis', data: Buffer.from('geheimnis') } });
    recorder.processStarted({
      processId: 'prc-1',
      argv: ['x', 'geheimnis'],
      cwd: '/geheimnis',
      environment: { KEY: 'geheimnis' },
      tag: 'of geheimnis',
      pty: false,
    });
    recorder.processInput('prc-1', Buffer.from('geheimnis\n'));
    step.end({ ok: true, value: { stdout: 'geheimnis' }, durationMs: 1 });
    recorder.add({ type: 'model-call', model: 'm', request: { messages: ['geheimnis'] }, response: 'geheimnis' });
    recorder.add({ type: 'note', by: 'x', text: 'geheimnis' });
    const error = {
      code: 'internal',
      message: 'geheimnis',
      hint: 'geheimnis',
      fault: 'bug',
      retryable: false,
    } as const;
    const tried = { type: 'model-call', model: 'm-geheimnis', provider: 'geheimnis', request: null } as const;
    recorder.add({ ...tried, response: undefined, failure: error });
    recorder.lifecycle('x', { geheimnis: [Buffer.from('geheimnis'), 'geheimnis'] });
    await recorder.settle(true);
    begin('b').end(answered);
    bench.failing = true;
    await recorder.settle(true);
    expect((await events()).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['files-changed', 'snapshot-failed', 'lifecycle', 'model-call', 'process-started']),
    );
    expect(JSON.stringify(await events())).not.toContain('geheimnis');
    expect(recorder.redactions).toMatchObject({
      [(await of('redacted'))[0]?.token ?? '']: { kind: 'secret', name: 'deploy' },
    });
  });
});

describe('a process', () => {
  const started = (processId: string): void =>
    recorder.processStarted({ processId, argv: ['x'], cwd: '/', environment: {}, tag: null, pty: false });
  const ended = (processId: string, signal: string | null = null): void =>
    recorder.processEnded(processId, {
      reason: signal === null ? 'exited' : 'signalled',
      exitCode: signal === null ? 1 : null,
      signal,
      durationMs: 1,
      stdoutBytes: 0,
      stderrBytes: 0,
    } as never);
  const kill = { fault: 'exec.signal', family: 'exec', means: 'physical', effect: 'maybe', parameters: {} } as const;
  const causes = async (): Promise<unknown[]> => {
    await recorder.settle(false);
    return (await of('process-ended')).map(({ cause }) => cause);
  };

  it('that the plan killed is the plan’s, as its step is, also when it ends after the step', async () => {
    for (const name of ['a', 'b']) {
      const step = begin(name);
      recorder.fault({ step: null, callId: `cal-${name}-${recorder.steps - 1}`, ...kill, draw: {} });
      await step.during(async () => started(`prc-${name}`));
      if (name === 'a') ended('prc-a', 'SIGKILL');
      step.end({ ...answered, injected: true });
    }
    ended('prc-b');
    await begin('c').during(async () => started('prc-c'));
    ended('prc-c', 'SIGKILL');
    expect(await causes()).toEqual(['injected', 'injected', 'unknown']);
  });

  it('under what lasts is the plan’s until that is over', async () => {
    started('prc-before');
    const squeeze = { ...kill, fault: 'resources.memory', family: 'resources', draw: { id: 'squeeze' } } as const;
    recorder.fault({ step: null, callId: null, ...squeeze });
    started('prc-within');
    recorder.healed('squeeze');
    started('prc-after');
    for (const name of ['before', 'within', 'after']) ended(`prc-${name}`);
    recorder.fault({ step: null, callId: null, ...squeeze, fault: 'resources.cpu' });
    started('prc-slow');
    ended('prc-slow');
    expect(await causes()).toEqual(['injected', 'injected', 'agent', 'agent']);
  });

  it('while an allowed destination broke is infrastructure’s', async () => {
    started('prc-1');
    recorder.flow(outage());
    ended('prc-1');
    started('prc-2');
    ended('prc-2');
    expect(await causes()).toEqual(['infrastructure', 'agent']);
  });
});

describe('a connection', () => {
  const flow = (host: string, more: object = {}): void => recorder.flow(outage({ host, ...more }));

  const causes = async (): Promise<unknown[]> => (await of('network-flow')).map(({ cause }) => cause);

  it('that failed has a cause: the plan’s where the gateway says that it was the plan’s', async () => {
    flow('a.example', { injected: true });
    flow('a.example');
    flow('c.example', { error: null, decision: { allowed: false, code: 'no-rule' } });
    flow('c.example', { error: null, decision: { allowed: false, code: 'tape-miss' } });
    flow('c.example', { error: null });
    flow('c.example', { endedBy: 'gateway' });
    flow('c.example', { endedBy: 'inside' });
    flow('c.example', { endedBy: undefined });
    flow('c.example', { endedBy: undefined, decision: { allowed: false, code: 'byte-limit' } });
    const [ours, own, nobodys, refused] = ['infrastructure', null, 'unknown', 'agent'];
    expect(await causes()).toEqual(['injected', ours, refused, nobodys, null, ours, own, nobodys, refused]);
  });

  it('that the plan broke is no outage, however late that is told and whatever is under way then', async () => {
    const drop = {
      fault: 'network.drop',
      family: 'network',
      means: 'physical',
      effect: 'maybe',
      callId: null,
    } as const;
    const draw = { channel: 'connection', name: 'a.example' };
    const met = begin('a');
    recorder.fault({ step: 1, ...drop, parameters: { mostMs: 90_000 }, draw });
    met.end(failed);
    const later = begin('b');
    flow('a.example', { injected: true });
    later.end(failed);
    expect((await of('step-ended')).map(({ cause }) => cause)).toEqual(['injected', 'agent']);
    expect(await causes()).toEqual(['injected']);
  });
});

describe('model calls', () => {
  it('are kept with their parts once, and stand after the step before them', async () => {
    begin('a').end(answered);
    const messages = Array.from({ length: 30 }, (_, at) => ({ role: 'user', content: `${at}${'x'.repeat(6000)}` }));
    const before = recorder.writer.bytes;
    for (let turn = 1; turn <= 30; turn++) {
      recorder.add({
        type: 'model-call',
        model: 'm',
        request: { messages: messages.slice(0, turn) },
        response: 'ok',
        inputTokens: turn,
      });
    }
    expect(recorder.writer.bytes - before).toBeLessThan(150_000);
    const calls = await of('model-call');
    expect(calls[29]).toMatchObject({ step: 1, model: 'm', usage: { inputTokens: 30, outputTokens: null } });
    const reader = await openRecording(bench.directory);
    expect(reader.value(calls[29]?.request ?? { bytes: 0, digest: '' })).toEqual({ messages });
  });
});

it('tells a token once, and so many found by their form, also when it was taken up', async () => {
  for (let at = 0; at < mostPatternsTold; at++) {
    recorder.redactions[`hfr_${at}`] = { kind: 'pattern', name: 'github-token' };
  }
  recorder.redacted({ token: 'hfr_0', kind: 'pattern', name: 'github-token' });
  recorder.redacted({ token: 'hfr_more', kind: 'pattern', name: 'github-token' });
  recorder.redacted({ token: 'hfr_known', kind: 'secret', name: 'deploy' });
  recorder.redacted({ token: 'hfr_known', kind: 'secret', name: 'deploy' });
  expect((await of('redacted')).map(({ token }) => token)).toEqual(['hfr_known']);
  expect(Object.keys(recorder.redactions)).toHaveLength(mostPatternsTold + 1);
});

it.each<[string, (turn: number) => void]>([
  ['steps', (turn) => begin(`n${turn}`, { input: 'x'.repeat(500) }).end(answered)],
  [
    'what a process prints beside all steps, a little at a time',
    (turn) => recorder.processOutput('prc-1', 'stdout', { offset: turn, gapBytes: 0, rawBytes: 1 }, Buffer.from('x')),
  ],
  ['notes', (turn) => recorder.add({ type: 'note', by: 'a', text: String(turn) })],
])('a recording that is full of %s ends by itself, told once', async (_what, add) => {
  await bench.openAnew({ totalBytes: 3000 });
  recorder = bench.recorder;
  for (let turn = 0; recorder.writer.fullness === null && turn < 100; turn++) {
    await Promise.resolve();
    expect(bench.full).toBe(0);
    add(turn);
  }
  for (let turn = 0; turn < 3; turn++) add(turn);
  await Promise.resolve();
  expect(bench.full).toBe(1);
});
