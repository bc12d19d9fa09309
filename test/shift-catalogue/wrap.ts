/** Ways in that take commands up, or answer, in another manner than the runtime behind them. */
import {
  type Target,
  TargetError,
  type TargetExec,
  type TargetFeatures,
  type TargetResult,
  type TargetSession,
} from '../../src/contract/index.ts';

type Exec = TargetSession['exec'];
export type Wrap = (target: Target) => Target;

export function onSession(
  change: (session: TargetSession) => Partial<TargetSession> | Promise<Partial<TargetSession>>,
  features: Partial<TargetFeatures> = {},
): Wrap {
  return (target) => ({
    features: { ...target.features, ...features },
    describe: (signal) => target.describe(signal),
    open: async (signal) => {
      const session = await target.open(signal);
      return { ...session, ...(await change(session)) };
    },
  });
}

export const onExec = (change: (exec: Exec, session: TargetSession) => Exec): Wrap =>
  onSession((session) => ({ exec: change(session.exec, session) }));

/** Scripts go to a shell behind these words; programs with their arguments as before. */
export const behind = (...words: readonly string[]): Wrap =>
  onExec((exec) => (request, signal) => exec({ ...request, command: shellBehind(words, request.command) }, signal));

export function shellBehind(words: readonly string[], command: TargetExec['command']): TargetExec['command'] {
  return typeof command === 'string' ? [...words, 'sh', '-c', command] : command;
}

/** Another shell in the place of `sh -c`. */
export const shell = (...words: readonly string[]): Wrap =>
  onExec((exec) => (request, signal) => {
    const { command } = request;
    return exec({ ...request, command: typeof command === 'string' ? [...words, command] : command }, signal);
  });

/** Every script is another one. */
export const scripted = (change: (script: string) => string): Wrap =>
  onExec((exec) => (request, signal) => {
    const { command } = request;
    return exec({ ...request, command: typeof command === 'string' ? change(command) : command }, signal);
  });

export const answering = (change: (result: TargetResult, request: TargetExec) => TargetResult): Wrap =>
  onExec((exec) => async (request, signal) => change(await exec(request, signal), request));

/** What a runtime says instead of taking a program up. */
export const refusing = (say: (request: TargetExec, said: string) => TargetResult | string): Wrap =>
  onExec((exec) => async (request, signal) => {
    try {
      return await exec(request, signal);
    } catch (error) {
      if (!(error instanceof TargetError) || error.trouble !== 'refused') throw error;
      const answer = say(request, error.message);
      if (typeof answer !== 'string') return answer;
      throw new TargetError('runtime', 'refused', answer);
    }
  });

export const result = (exitCode: number | null, stderr: string): TargetResult => ({
  exitCode,
  signal: null,
  timedOut: false,
  stdout: new Uint8Array(),
  stderr: new TextEncoder().encode(stderr),
  cutBytes: 0,
});

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
export const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1');
