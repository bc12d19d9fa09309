/**
 * One command in a persistent shell: said, heard to its end, or ended at its deadline.
 *
 * 1. A session is in step or it is ended: whenever a command's end was not heard, the shell and all below it are killed.
 * 2. At the deadline the command is called off: what it started is killed, politely and then not, and nothing of it is
 *    executed any more. Background jobs of earlier commands stay. If the shell cannot do that, or does not come back, the
 *    session ends.
 */
import { type OwnedScope, rootScope, untilOrEnded } from '../../base/index.ts';
import { isHoldfastError, type ProcessAttachment, type ProcessExit } from '../../schema/index.ts';
import type { shellNames } from '../shell.ts';
import type { ToolContext } from '../types.ts';
import { signalDescendants } from './descendants.ts';
import { MarkScanner } from './scanner.ts';
import { callOffSignal, commandLine, type EndMark, goOnLine, marksOf, parseEndMark } from './script.ts';

/** What must be known to go on where the last command ended. */
export interface SessionState {
  readonly id: string;
  readonly shell: (typeof shellNames)[number];
  /** Of the shell, inside the sandbox. */
  readonly pid: number;
  offsets: { stdout: number; stderr: number };
  /** False when something else may come before the next command's output: then it marks its start. */
  inStep: boolean;
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
  const { stdout, stderr } = state.offsets;
  const hearing = new Hearing(word, request.outputCapBytes, state.offsets, !state.inStep);
  await using view = scope.child({ name: 'session command' });
  const attachment = await access.attachProcess(state.id, { stdoutOffset: stdout, stderrOffset: stderr }, view);
  attachment.exit.catch(() => undefined);
  const startedMs = context.clock.monotonicMs();
  try {
    const { isNew, status, shell } = state;
    const line = commandLine(shell, { command: request.command, word, status, markStart: !state.inStep, isNew });
    const heard = sayAndListen(attachment, line, hearing);
    const inTime = await endedWithin(heard, request.timeoutMs, context);
    state.inStep = inTime;
    if (!inTime) await callOff({ state, spared, heard, attachment, word }, context);
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
    state.offsets = hearing.nextOffsets;
    state.isNew = false;
    state.status = hearing.mark?.status ?? 0;
    state.hasJobs = hearing.mark?.hasJobs ?? true;
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

interface LateCommand {
  state: SessionState;
  spared: readonly number[];
  heard: Promise<void>;
  attachment: ProcessAttachment;
  word: string;
}

/** The deadline has passed. Afterwards the shell has come back, or has ended. */
async function callOff(late: LateCommand, context: ToolContext): Promise<void> {
  const { id, shell } = late.state;
  const line = goOnLine(shell, late.word);
  if (line !== null && (await cameBack(late, line, context))) return;
  await context.access.signalProcess(id, 'SIGKILL', { tree: true }, context.scope);
}

async function cameBack(late: LateCommand, line: string, context: ToolContext): Promise<boolean> {
  const { state, spared, heard, attachment } = late;
  const { access, clock, scope } = context;
  const startedMs = clock.monotonicMs();
  const request = { root: state.pid, spared };
  try {
    await signalDescendants(access, { ...request, signal: 'TERM', rootSignal: callOffSignal }, scope);
    attachment.write(Buffer.from(line)).catch(() => undefined);
    for (let elapsedMs = 0; elapsedMs < comeBackMs; elapsedMs = clock.monotonicMs() - startedMs) {
      if (await endedWithin(heard, roundMs, context)) return true;
      await signalDescendants(access, { ...request, signal: elapsedMs < politeMs ? 'TERM' : 'KILL' }, scope);
    }
  } catch (error) {
    scope.throwIfEnded();
    // No process can be started inside to look for others (a full process limit, say): the session has to go.
    scope.log('cannot signal inside the sandbox', { error: String(error) });
  }
  return false;
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
