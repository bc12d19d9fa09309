/**
 * A process inside, joined to the caller's streams: `run`, `exec` and `shell` are this.
 *
 * 1. Bytes pass unchanged and in order; bytes that were lost are counted and said, and then the status is ours (125).
 * 2. Nothing is read from stdin unless asked for.
 * 3. With a terminal the size is known before the first byte and every key goes inside; without one, signals are sent on.
 * 4. The terminal is given back on every way out.
 */
import { HoldfastError, isHoldfastError } from '../schema/error-class.ts';
import type { HoldfastService, ProcessAttachment, ProcessExit, StartProcessInput } from '../schema/index.ts';
import { commandStatus } from './failure.ts';
import { type Interrupts, signalStatus } from './interrupts.ts';
import { type Io, isBrokenPipe, writeTo } from './io.ts';
import { formatDuration, type Output } from './output.ts';
import { openTerminal, type RawTerminal } from './terminal.ts';

export interface StreamRequest {
  service: HoldfastService;
  sandbox: string;
  input: StartProcessInput;
  /** Pass stdin on. */
  interactive: boolean;
  terminal: boolean;
  io: Io;
  output: Output;
  interrupts: Interrupts;
}

/** Kept inside for us between the start and the attachment, when nothing slows the process down yet. */
const retainBytes = 16 * 1024 * 1024;

/** The exit status for the caller's shell. */
export async function streamProcess(request: StreamRequest): Promise<number> {
  const { service, sandbox, io, output, interrupts } = request;
  const terminal = request.terminal ? openTerminal(io) : null;
  let abrupt = true;
  let release: (() => void) | null = null;
  try {
    const started = await service.startProcess(sandbox, inputOf(request, terminal), { signal: interrupts.signal });
    const kill = (signal: string): Promise<void> =>
      service.signalProcess(sandbox, started.processId, signal, { tree: true });
    release = interrupts.handOver(forwarder(kill, terminal !== null));
    const attachment = await service.attachProcess(sandbox, started.processId);
    const { exit, lostBytes } = await joined({ ...request, attachment, terminal, kill }).catch((error: unknown) => {
      throw goesOn(error, sandbox, started.processId);
    });
    abrupt = exit.reason !== 'exited' && exit.reason !== 'signalled';
    terminal?.restore(abrupt);
    return await concluded(exit, lostBytes, output);
  } finally {
    release?.();
    terminal?.restore(abrupt);
  }
}

export function statusOfExit({ reason, exitCode, signal }: ProcessExit): number {
  if (reason === 'timed-out' || reason === 'silent-timeout') return commandStatus.deadline;
  if (reason === 'died' || reason === 'evicted') return commandStatus.ours;
  return exitCode ?? (signal === null ? commandStatus.ours : signalStatus(signal));
}

/** Null for an ordinary end. */
export function explainExit({ reason, durationMs }: ProcessExit): string | null {
  const after = `after ${formatDuration(durationMs)}`;
  switch (reason) {
    case 'exited':
    case 'signalled':
      return null;
    case 'timed-out':
      return `holdfast: ended ${after}: its time was up`;
    case 'silent-timeout':
      return `holdfast: ended ${after}: it printed nothing for too long`;
    case 'oom':
      return `holdfast: ended ${after}: out of memory; --memory of run and create is the limit`;
    case 'disk-full':
      return `holdfast: ended ${after}: its disk is full; --disk of run and create is the limit`;
    case 'pid-limit':
      return `holdfast: ended ${after}: too many processes; --processes of run and create is the limit`;
    default:
      return `holdfast: ended ${after}: ${reason}`;
  }
}

/** Without the daemon the process is alone, not lost; what it prints can be read again. */
function goesOn(error: unknown, sandbox: string, processId: string): unknown {
  if (!isHoldfastError(error) || error.code !== 'daemon-unreachable') return error;
  return new HoldfastError(error.code, error.message, {
    cause: error,
    hint: `The process goes on: holdfast logs -f ${sandbox} ${processId}`,
    details: { ...error.details, sandbox, processId },
  });
}

function inputOf({ input, interactive, io }: StreamRequest, terminal: RawTerminal | null): StartProcessInput {
  if (!terminal) return { ...input, stdin: interactive, retainBytes };
  const { TERM: term = 'xterm', COLORTERM: colour } = io.environment;
  const environment = { TERM: term, ...(colour ? { COLORTERM: colour } : {}), ...input.environment };
  return { ...input, environment, pty: terminal.size(), retainBytes };
}

interface Join extends Omit<StreamRequest, 'terminal'> {
  attachment: ProcessAttachment;
  terminal: RawTerminal | null;
  kill: (signal: string) => Promise<void>;
}

async function joined(join: Join): Promise<{ exit: ProcessExit; lostBytes: number }> {
  const { attachment, terminal, interactive, io } = join;
  terminal?.onResize((rows, columns) => {
    // The process may end while its window changes.
    attachment.resize(rows, columns).catch(() => undefined);
  });
  const stopInput = interactive || terminal ? pumpInput(io, attachment) : null;
  try {
    const lostBytes = await pumpOutput(join);
    return { exit: await attachment.exit, lostBytes };
  } finally {
    stopInput?.();
  }
}

/** The first signal goes inside as it came, the second one as SIGKILL. */
function forwarder(kill: Join['kill'], hasTerminal: boolean): (signal: NodeJS.Signals) => void {
  let sent = 0;
  return (signal) => {
    // A terminal that hangs up takes its program with it, as everywhere.
    const name = sent++ > 0 ? 'SIGKILL' : hasTerminal ? 'SIGHUP' : signal;
    kill(name).catch(() => undefined);
  };
}

async function pumpOutput({ attachment, io, kill }: Join): Promise<number> {
  let lostBytes = 0;
  try {
    for await (const { stream, data, gapBytes } of attachment.output) {
      lostBytes += gapBytes;
      await writeTo(stream === 'stdout' ? io.stdout : io.stderr, data);
    }
  } catch (error) {
    // Whoever read our stdout left, as `head` does; the process learns it as it would without us.
    if (isBrokenPipe(error)) await kill('SIGKILL').catch(() => undefined);
    throw error;
  }
  return lostBytes;
}

/** Reads no more than the process takes; stops when called. */
function pumpInput(io: Io, attachment: ProcessAttachment): () => void {
  const { stdin } = io;
  const stop = (): void => {
    stdin.off('data', onData).off('end', onEnd);
    stdin.pause();
  };
  const onData = (data: Uint8Array): void => {
    stdin.pause();
    // A process that takes no input any more, or is gone, has had all it wanted.
    attachment.write(data).then(() => stdin.resume(), stop);
  };
  const onEnd = (): void => {
    attachment.endInput().catch(() => undefined);
  };
  stdin.on('data', onData).once('end', onEnd);
  stdin.resume();
  return stop;
}

async function concluded(exit: ProcessExit, lostBytes: number, output: Output): Promise<number> {
  const said = explainExit(exit);
  if (said !== null) await output.say(said);
  if (lostBytes === 0) return statusOfExit(exit);
  throw new HoldfastError('outcome-unknown', `${lostBytes} bytes of the output were lost before they could be read`, {
    hint: 'The command itself ended; write its output to a file inside and fetch that.',
    details: { lostBytes, exitCode: exit.exitCode },
  });
}
