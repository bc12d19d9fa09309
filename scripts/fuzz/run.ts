/** One run of libFuzzer: started, watched by its own CPU time, ended, and read. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Program, type Target } from './targets.ts';

/** A run ends after so much of either, or when something is found. */
interface Budget {
  cpuSeconds: number;
  wallSeconds: number;
}

const endless: Budget = { cpuSeconds: Number.POSITIVE_INFINITY, wallSeconds: Number.POSITIVE_INFINITY };

export interface Outcome {
  executions: number;
  cpuSeconds: number;
  seconds: number;
  /** Edges of the code under test that were reached. */
  edges: number;
  /** libFuzzer's word: edges with how often they were passed, and values that were compared. */
  features: number;
  newInputs: number;
  /** What failed, and with which input; null when nothing did. */
  crash: { input: string | null; text: string } | null;
}

const limits = ['-max_len=8192', '-rss_limit_mb=1024', '-print_final_stats=1', `-artifact_prefix=${build}/`];
/** Of wall time: on a crowded machine a short input can take seconds. */
const longestInputSeconds = 25;
/** libFuzzer's status when it was told to end. */
const interrupted = 72;
const pollMs = 500;
const ticksPerSecond = 100;

/** Where what a target found is kept from run to run. */
export function foundBy(name: string): string {
  const folder = join(build, `fuzz-corpus-${name}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

export async function fuzz(name: string, target: Target, program: Program, budget: Budget): Promise<Outcome> {
  const found = foundBy(name);
  const words = [...limits, `-timeout=${longestInputSeconds}`, found, target.seeds];
  const before = readdirSync(found).length;
  const startedMs = performance.now();
  const { status, text, cpuSeconds } = await watched(program, words, budget);
  return {
    executions: Number(last(text, /stat::number_of_executed_units:\s*(\d+)/g) ?? last(text, /^#(\d+)\s/gm) ?? 0),
    cpuSeconds,
    seconds: (performance.now() - startedMs) / 1000,
    edges: Number(last(text, /\bcov: (\d+)/g) ?? 0),
    features: Number(last(text, /\bft: (\d+)/g) ?? 0),
    newInputs: Math.max(0, readdirSync(found).length - before),
    crash: status === 0 || status === interrupted ? null : { input: last(text, /Test unit written to (\S+)/g), text },
  };
}

/** Whatever libFuzzer is asked for, e.g. one input again; says what it said. */
export function once(program: Program, words: string[]): Promise<{ status: number; text: string }> {
  return watched(program, words, endless);
}

interface Watched {
  status: number;
  text: string;
  cpuSeconds: number;
}

const running = new Set<number>();
let isEnding = false;

/** On SIGINT and SIGTERM each run is told to end; what it came to until then is told. */
export function endOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      isEnding = true;
      for (const pid of running) process.kill(pid, 'SIGINT');
    });
  }
}

/** Nothing more is to be started. */
export const wasEnded = (): boolean => isEnding;

function watched(program: Program, words: string[], budget: Budget): Promise<Watched> {
  const { cpuSeconds, wallSeconds } = budget;
  const { command, environment } = program;
  // No pipe: a Node on the other end of one makes it lossy for the others who write into it.
  const log = `${command}.log`;
  const stderr = openSync(log, 'w');
  // Whoever is told to end does not clean up.
  const scratch = mkdtempSync(join(tmpdir(), 'holdfast-fuzz-'));
  const child = spawn(command, [...program.words, ...words], {
    stdio: ['ignore', 'ignore', stderr],
    // A group of its own: it and what it starts are counted together, and a key press ends it by the handler above.
    detached: true,
    cwd: scratch,
    env: { ...process.env, ...environment },
  });
  const pid = child.pid ?? 0;
  if (pid > 0) running.add(pid);
  const endMs = performance.now() + wallSeconds * 1000;
  let used = 0;
  const timer = setInterval(() => {
    used = Math.max(used, groupCpuSeconds(pid));
    if (used >= cpuSeconds || performance.now() >= endMs) child.kill('SIGINT');
  }, pollMs);
  return new Promise((resolve, reject) => {
    const over = (): void => {
      clearInterval(timer);
      closeSync(stderr);
      rmSync(scratch, { recursive: true, force: true });
      running.delete(pid);
    };
    child.once('error', (error) => {
      over();
      reject(error);
    });
    child.once('close', (code, signal) => {
      over();
      // It may be told to end before it listens.
      const status = signal === 'SIGINT' ? interrupted : (code ?? 1);
      resolve({ status, text: readFileSync(log, 'utf8'), cpuSeconds: used });
    });
  });
}

/** What all processes of the group have used, those that have ended and were waited for included. */
function groupCpuSeconds(group: number): number {
  let ticks = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statOf(name);
    if (Number(fields[2]) === group) ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  }
  return ticks / ticksPerSecond;
}

/** The fields behind the name in parentheses: state, parent, group, ... */
function statOf(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

function last(text: string, pattern: RegExp): string | null {
  return [...text.matchAll(pattern)].at(-1)?.[1] ?? null;
}
