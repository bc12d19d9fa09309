/**
 * A program on the prober's machine, run to its end: what `exec:`, ssh and container engines have in common. It leads a
 * group of its own, and the whole group is ended when time is up.
 */
import { spawn } from 'node:child_process';
import type { Clock } from '../../base/index.ts';
import { TargetError, type TargetResult } from './target.ts';

export interface LocalRun {
  words: readonly string[];
  stdin?: Uint8Array;
  timeoutMs: number;
  cwd?: string;
  environment?: Readonly<Record<string, string | undefined>>;
}

/** More than this of each stream is read and thrown away, and counted as cut. */
const mostBytes = 8 * 1024 * 1024;
/** From the end of the program to the end of its pipes, which something in the background may hold. */
const pipeGraceMs = 3000;

export function runLocal(run: LocalRun, clock: Clock, signal: AbortSignal): Promise<TargetResult> {
  signal.throwIfAborted();
  const [file = '', ...words] = run.words;
  return new Promise((resolve, reject) => {
    const child = spawn(file, words, {
      detached: true,
      stdio: 'pipe',
      ...(run.cwd === undefined ? {} : { cwd: run.cwd }),
      ...(run.environment === undefined ? {} : { env: run.environment }),
    });
    const [stdout, stderr] = [new Kept(), new Kept()];
    let timedOut = false;
    let status: { code: number | null; signal: NodeJS.Signals | null } | null = null;
    const timers: (() => void)[] = [];
    const kill = (): void => endGroup(child.pid);
    const finish = (settle: () => void): void => {
      for (const cancel of timers) cancel();
      signal.removeEventListener('abort', kill);
      settle();
    };
    const answer = (): void => {
      for (const pipe of [child.stdout, child.stderr]) pipe.destroy();
      finish(() => {
        if (signal.aborted) return reject(signal.reason);
        const cutBytes = stdout.cutBytes + stderr.cutBytes;
        const { code = null, signal: name = null } = status ?? {};
        resolve({ exitCode: code, signal: name, timedOut, stdout: stdout.bytes, stderr: stderr.bytes, cutBytes });
      });
    };
    child.stdout.on('data', (piece: Buffer) => stdout.take(piece));
    child.stderr.on('data', (piece: Buffer) => stderr.take(piece));
    child.stdin.on('error', () => undefined).end(run.stdin);
    child.once('error', (cause) => {
      finish(() => reject(new TargetError('harness', 'not-installed', `${file} cannot be started: ${cause.message}`)));
    });
    child.once('exit', (code, name) => {
      status = { code, signal: name };
      if (timedOut) endGroup(child.pid);
      timers.push(clock.after(timedOut || signal.aborted ? 200 : pipeGraceMs, answer));
    });
    child.once('close', answer);
    signal.addEventListener('abort', kill, { once: true });
    timers.push(
      clock.after(run.timeoutMs, () => {
        timedOut = true;
        kill();
      }),
    );
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

class Kept {
  readonly #pieces: Buffer[] = [];
  #length = 0;
  cutBytes = 0;

  take(piece: Buffer): void {
    const room = Math.max(0, mostBytes - this.#length);
    const kept = piece.subarray(0, room);
    if (kept.length > 0) this.#pieces.push(kept);
    this.#length += kept.length;
    this.cutBytes += piece.length - kept.length;
  }
  get bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}
