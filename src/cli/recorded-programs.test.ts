/** What is shown of a program that its step only started: how it ended, whose doing, and what it printed. */
import { expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import type { RecordingEvent } from '../schema/index.ts';
import { timeline } from './recording-view.ts';

const at = (atMs: number, body: object): RecordingEvent =>
  ({ atMs, sequence: 1, hash: '', ...body }) as unknown as RecordingEvent;
const kept = (text: string, more: object = {}) => ({ bytes: text.length, digest: 'd', text, ...more });

const begun = at(0, { type: 'step-begun', step: 1, name: 'start-process', input: kept('{"argv":["make"]}') });
const started = at(1, { type: 'process-started', step: 1, processId: 'prc-1' });
const answered = at(16, {
  type: 'step-ended',
  step: 1,
  ok: true,
  durationMs: 16,
  output: kept('{"processId":"prc-1","exit":null}'),
  failure: null,
  cause: null,
  causeRule: null,
});
const printed = (stream: string, text: string, more: object = {}) =>
  at(20, { type: 'process-output', processId: 'prc-1', stream, offset: 0, gapBytes: 0, content: kept(text), ...more });
const exit = { reason: 'exited', exitCode: 3, signal: null, durationMs: 1200, stdoutBytes: 6, stderrBytes: 5 };
const ended = (how: object = {}) =>
  at(1300, { type: 'process-ended', processId: 'prc-1', exit: { ...exit, ...how }, cause: 'agent' });

const line = async (...events: RecordingEvent[]): Promise<string> =>
  ((await timeline(events))[0] ?? '').replaceAll(/\s+/g, ' ').trim();

async function step(...events: RecordingEvent[]): Promise<string> {
  const service = recordingService();
  service.recordingEvents = async () => ({ items: events, nextCursor: null });
  service.recordingContent = async (_ref, digest) => Buffer.from(`content ${digest}`);
  const { status, stdout } = await runCli(['show', 'rec-default', '--step', '1'], service);
  expect(status).toBe(0);
  return stdout;
}

it('its step’s line says how it ended and whose doing that was, whichever is told first', async () => {
  const failed = '+0.0 ms 1 start-process make exited 3 1.2 s agent';
  expect(await line(begun, started, answered, ended())).toBe(failed);
  expect(await line(begun, started, ended(), answered)).toBe(failed);
  expect(await line(begun, started, answered)).toBe('+0.0 ms 1 start-process make ok 16 ms');
  const killed = ended({ reason: 'signalled', exitCode: null, signal: 'SIGKILL' });
  expect(await line(begun, started, answered, killed)).toContain('signalled SIGKILL');
});

it('a program that its step waited for is its step’s', async () => {
  const exec = at(0, { ...begun, name: 'exec' });
  expect(await line(exec, started, answered, ended())).toBe('+0.0 ms 1 exec make ok 16 ms');
});

it('its step in full has how it ended and what it printed', async () => {
  const shown = await step(
    begun,
    started,
    answered,
    printed('stdout', 'hel'),
    printed('stdout', 'lo\n'),
    printed('stderr', '', { gapBytes: 7, content: { bytes: 9, digest: 'long', blob: true } }),
    at(30, { type: 'process-output', processId: 'prc-2', stream: 'stdout', gapBytes: 0, content: kept('another') }),
    ended(),
    printed('stdout', 'after the end'),
  );
  expect(shown).toContain('outcome: answered\n');
  expect(shown).toContain('program: exited 3 after 1200 ms, agent\nstdout: hello\n');
  expect(shown).toContain('stderr: (7 bytes were lost)content long\n');
  expect(shown).not.toMatch(/another|after the end/);
});

it('or that nothing is known of its end, and how much is not shown', async () => {
  const cut = printed('stdout', '', { content: { bytes: 70_000_000, digest: 'd', cut: 'too-large' } });
  const shown = await step(begun, started, answered, printed('stdout', 'a\n'), cut);
  expect(shown).toContain('program: no end of it is recorded\n');
  expect(shown).toContain('stdout: a\n\n(70000000 bytes more: --json names what was kept)\n');
  const large = printed('stdout', 'x'.repeat(1024 * 1024));
  expect(await step(begun, started, answered, large, printed('stdout', 'more'), ended())).toContain('(4 bytes more: ');
});
