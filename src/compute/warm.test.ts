import { describe, expect, it } from 'vitest';
import { rootScope } from '../base/index.ts';
import type { ExecRequest } from '../guest/index.ts';
import { type ExecResult, HoldfastError } from '../schema/index.ts';
import { warmTimeoutMs, warmUp } from './warm.ts';

const scope = rootScope({ name: 'warm' });
const bytes = (text: string): Uint8Array => Buffer.from(text);

interface Ended extends Partial<Omit<ExecResult, 'stdout' | 'stderr'>> {
  stdout?: string;
  stderr?: string;
}

/** Answers for each program in turn; a failure is thrown. */
class FakeGuest {
  readonly asked: ExecRequest[] = [];
  readonly #answers: (Ended | HoldfastError)[];

  constructor(...answers: (Ended | HoldfastError)[]) {
    this.#answers = answers;
  }

  async exec(request: ExecRequest): Promise<ExecResult> {
    this.asked.push(request);
    const answer = this.#answers.shift() ?? {};
    if (answer instanceof HoldfastError) throw answer;
    const { stdout = '', stderr = '', ...rest } = answer;
    const output = { stdout: bytes(stdout), stderr: bytes(stderr), stdoutBytes: 0, stderrBytes: 0 };
    const ended = { reason: 'exited', exitCode: 0, signal: null, durationMs: 1 } as const;
    return { ...ended, ...output, stdoutCutBytes: 0, stderrCutBytes: 0, processId: request.processId, ...rest };
  }
}

const warm = (guest: FakeGuest, ...programs: string[]): Promise<void> =>
  warmUp(guest, { programs, user: 'agent' }, scope);

describe('warming a sandbox', () => {
  it('runs what there is in its order, as the user inside, and gives all of it one deadline', async () => {
    const guest = new FakeGuest();
    await warm(guest, '10-a', '20-b');
    expect(guest.asked.map(({ argv }) => argv)).toEqual([['/etc/holdfast/warm.d/10-a'], ['/etc/holdfast/warm.d/20-b']]);
    const [first, second] = guest.asked;
    expect(first).toMatchObject({
      cwd: '/workspace',
      environment: { HOME: '/home/agent', USER: 'agent' },
      processId: 'warm-10-a',
    });
    expect(first?.timeoutMs).toBeLessThanOrEqual(warmTimeoutMs);
    expect(second?.timeoutMs).toBeLessThanOrEqual(first?.timeoutMs ?? 0);
    await warmUp(guest, { programs: ['10-a'], user: 'root' }, scope);
    expect(guest.asked.at(-1)?.environment).toMatchObject({ HOME: '/root', USER: 'root' });
  });

  it.each<[string, Ended, string]>([
    ['a status', { exitCode: 3 }, 'ended with status 3'],
    ['a signal', { reason: 'signalled', exitCode: null, signal: 'SIGSEGV' }, 'ended by SIGSEGV'],
    ['its memory', { reason: 'oom', exitCode: null, signal: 'SIGKILL' }, 'ended by SIGKILL (oom)'],
    ['the deadline', { reason: 'timed-out', exitCode: 143 }, 'was not through within 240 s'],
    ['a limit, with status 0', { reason: 'disk-full' }, 'ended with status 0 (disk-full)'],
  ])('fails with the name and the end of a program that ended by %s, and runs no other', async (_, ended, how) => {
    const guest = new FakeGuest({}, ended);
    const { reason = 'exited', exitCode = 0, signal = null } = ended;
    await expect(warm(guest, '10-a', '20-b', '30-c')).rejects.toMatchObject({
      code: 'warm-failed',
      fault: 'caller',
      retryable: false,
      message: expect.stringContaining(`/etc/holdfast/warm.d/20-b of the template ${how}`),
      details: { program: '20-b', reason, exitCode, signal, log: [] },
    });
    expect(guest.asked).toHaveLength(2);
  });

  it('says what a program said last, in short and harmless', async () => {
    const many = Array.from({ length: 40 }, (_, n) => `line ${n}`).join('\n');
    const stderr = `${many}\r\n\n${'x'.repeat(1000)}\nno \u001b[31mmodule\n`;
    const failure = warm(new FakeGuest({ exitCode: 1, stdout: 'elsewhere', stderr }), '10-a');
    const error = await failure.then(
      () => null,
      (reason: HoldfastError) => reason,
    );
    expect(error?.message).toMatch(/ended with status 1: no \?\[31mmodule$/);
    const log = error?.details?.['log'] as string[]; // ours, of the line above
    expect(log.length).toBe(12);
    expect(log.slice(-3)).toEqual(['line 39', 'x'.repeat(300), 'no ?[31mmodule']);
    await expect(warm(new FakeGuest({ exitCode: 1, stdout: 'here\n' }), '10-a')).rejects.toThrow(/status 1: here$/);
  });

  it.each(['executable-not-found', 'not-executable'] as const)('fails so with a program that is %s', async (code) => {
    const guest = new FakeGuest(new HoldfastError(code, 'could not start it'));
    await expect(warm(guest, '10-a')).rejects.toMatchObject({
      code: 'warm-failed',
      message: expect.stringContaining('10-a of the template cannot be started: could not start it'),
    });
  });

  it('leaves as it is what is not the program’s fault', async () => {
    const guest = new FakeGuest(new HoldfastError('sandbox-died', 'it ended'));
    await expect(warm(guest, '10-a')).rejects.toMatchObject({ code: 'sandbox-died' });
  });
});
