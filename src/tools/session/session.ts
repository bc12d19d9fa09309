/**
 * One command in a persistent shell: said, heard to its end, or ended at its deadline.
 *
 * 1. A session is in step or it is ended: whenever a command's end was not heard, the shell and all below it are killed.
 * 2. At the deadline only what the command started is killed, politely and then not; background jobs of earlier commands
 *    stay. If the shell does not come back by that, the session ends.
 */
import { type OwnedScope, rootScope, untilOrEnded } from '../../base/index.ts';
import { isHoldfastError, type ProcessAttachment, type ProcessExit } from '../../schema/index.ts';
import type { shellNames } from '../shell.ts';
import type { ToolContext } from '../types.ts';
import { signalDescendants } from './descendants.ts';
import { MarkScanner } from './scanner.ts';
import { commandLine, type EndMark, marksOf, parseEndMark } from './script.ts';

/** What must be known to go on where the last command ended. */
export interface SessionState {
  readonly id: string;
  readonly shell: (typeof shellNames)[number];
  /** Of the shell, inside the sandbox. */
  readonly pid: number;
  /** Null when nobody here heard the last command's end: the next one marks its start. */
  offsets: { stdout: number; stderr: number } | null;
  /** The first command sets the shell up, too. */
  isNew: boolean;
  status: number;
  hasJobs: boolean;
}

export interface RunRequest {
  command: string;
  timeoutMs: number;
  outputCapBytes: number;
}

export interface RunResult {
  /** Null when the session ended with this command. */
  mark: EndMark | null;
  exit: ProcessExit | null;
  timedOut: boolean;
  stdout: Uint8Array;
  stderr: Uint8Array;
  stdoutCutBytes: number;
  stderrCutBytes: number;
  durationMs: number;
}

/** How long the shell may take to come back once what it waits for is killed. */
const comeBackMs = 2000;
const politeMs = 500;
const roundMs = 50;
const killTimeoutMs = 5000;

export async function runInSession(state: SessionState, request: RunRequest, context: ToolContext): Promise<RunResult> {
  const { access, scope } = context;
  const spared = state.hasJobs ? await signalDescendants(access, { root: state.pid, spared: [] }, scope) : [];
  const word = context.newId('call');
  const markStart = state.offsets === null;
  const { stdout, stderr } = state.offsets ?? { stdout: 0, stderr: 0 };
  const hearing = new Hearing(word, request.outputCapBytes, { stdout, stderr }, markStart);
  await using view = scope.child({ name: 'session command' });
  const attachment = await access.attachProcess(state.id, { stdoutOffset: stdout, stderrOffset: stderr }, view);
  attachment.exit.catch(() => undefined);
  const startedMs = context.clock.monotonicMs();
  try {
    const { isNew, status, shell } = state;
    const line = commandLine(shell, { command: request.command, word, status, markStart, isNew });
    const heard = sayAndListen(attachment, line, hearing);
    const inTime = await endedWithin(heard, request.timeoutMs, context);
    if (!inTime) await interrupt(state, spared, heard, context);
    await untilOrEnded(heard, scope);
    const exit = hearing.shellEnded ? await untilOrEnded(attachment.exit, scope) : null;
    if (!hearing.mark && !exit) await killSession(state, context);
    const durationMs = context.clock.monotonicMs() - startedMs;
    return { ...hearing.result(), mark: hearing.mark, exit, timedOut: !inTime, durationMs };
  } catch (error) {
    await killSession(state, context);
    throw error;
  } finally {
    await attachment.detach();
    remember(state, hearing);
  }
}

/** Resolves when the command or the shell has ended; a shell that ended takes no line, and is heard to have ended. */
function sayAndListen(attachment: ProcessAttachment, line: string, hearing: Hearing): Promise<void> {
  const heard = new Promise<void>((resolve, reject) => {
    hearing.listen(attachment).then(resolve, reject);
    attachment.write(Buffer.from(line)).catch((error: unknown) => {
      const isOver = isHoldfastError(error) && ['wrong-state', 'process-not-found'].includes(error.code);
      if (!isOver) reject(error);
    });
  });
  heard.catch(() => undefined);
  return heard;
}

/** Ends the shell and everything below it, also when the caller's scope has ended. */
export async function killSession(state: Pick<SessionState, 'id'>, { access, clock }: ToolContext): Promise<void> {
  await using scope: OwnedScope = rootScope({ name: 'end session', timeoutMs: killTimeoutMs, clock });
  await access.signalProcess(state.id, 'SIGKILL', { tree: true }, scope).catch(() => undefined);
}

/** The deadline has passed: kills what the command started until the shell comes back, else the session. */
async function interrupt(
  state: SessionState,
  spared: readonly number[],
  heard: Promise<void>,
  context: ToolContext,
): Promise<void> {
  const startedMs = context.clock.monotonicMs();
  try {
    for (let elapsedMs = 0; elapsedMs < comeBackMs; elapsedMs = context.clock.monotonicMs() - startedMs) {
      const signal = elapsedMs < politeMs ? 'TERM' : 'KILL';
      await signalDescendants(context.access, { root: state.pid, spared, signal }, context.scope);
      if (await endedWithin(heard, roundMs, context)) return;
    }
  } catch (error) {
    // No process can be started inside to look for others (a full process limit, say): the session has to go.
    context.scope.throwIfEnded();
    context.scope.log('cannot signal inside the sandbox', { error: String(error) });
  }
  await context.access.signalProcess(state.id, 'SIGKILL', { tree: true }, context.scope);
}

/** False when `ms` pass first. Throws when the scope ends. */
async function endedWithin(heard: Promise<void>, ms: number, { clock, scope }: ToolContext): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const cancel = clock.after(ms, () => resolve(false));
  try {
    return await untilOrEnded(Promise.race([heard.then(() => true), late]), scope);
  } finally {
    cancel();
  }
}

function remember(state: SessionState, hearing: Hearing): void {
  state.offsets = hearing.mark ? hearing.nextOffsets : null;
  state.isNew = false;
  state.status = hearing.mark?.status ?? 0;
  state.hasJobs = hearing.mark?.hasJobs ?? true;
}

class Hearing {
  readonly #stdout: MarkScanner;
  readonly #stderr: MarkScanner;
  /** Its output came to an end before the command's did. */
  shellEnded = false;

  constructor(word: string, capBytes: number, offsets: { stdout: number; stderr: number }, fromStart: boolean) {
    const marks = marksOf(word);
    this.#stdout = new MarkScanner(marks, capBytes, offsets.stdout, fromStart);
    this.#stderr = new MarkScanner(marks, capBytes, offsets.stderr, fromStart);
  }

  /** Null until the end was heard on both streams. */
  get mark(): EndMark | null {
    if (!this.#stdout.done || !this.#stderr.done) return null;
    return parseEndMark(this.#stdout.fields ?? '');
  }

  get nextOffsets(): { stdout: number; stderr: number } {
    return { stdout: this.#stdout.nextOffset, stderr: this.#stderr.nextOffset };
  }

  /** Resolves at the end of the command or of the shell. */
  async listen(attachment: ProcessAttachment): Promise<void> {
    for await (const chunk of attachment.output) {
      (chunk.stream === 'stdout' ? this.#stdout : this.#stderr).push(chunk);
      if (this.#stdout.done && this.#stderr.done) return;
    }
    this.#stdout.finish();
    this.#stderr.finish();
    this.shellEnded = true;
  }

  result(): Pick<RunResult, 'stdout' | 'stderr' | 'stdoutCutBytes' | 'stderrCutBytes'> {
    const stdout = this.#stdout.result();
    const stderr = this.#stderr.result();
    return {
      stdout: stdout.data,
      stderr: stderr.data,
      stdoutCutBytes: stdout.cutBytes,
      stderrCutBytes: stderr.cutBytes,
    };
  }
}
