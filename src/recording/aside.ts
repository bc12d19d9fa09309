/**
 * What may take long is done in a thread of its own: reading a recording whole, which may be a stranger's, and unpacks to more
 * than it is; comparing what programs in sandboxes printed and wrote. The daemon's loop goes on meanwhile, and what takes too
 * much memory ends the thread and nothing else.
 */
import { Worker } from 'node:worker_threads';
import { type Scope, Semaphore } from '../base/index.ts';
import { type ErrorBody, HoldfastError, type NormaliserName } from '../schema/index.ts';
import type { RecordingRecord } from '../state/index.ts';
import type { Answer } from './compare.ts';
import type { FilesCompared, HowCompared } from './compare-files.ts';
import type { ChangedFile } from './step-snapshots.ts';
import type { Verified } from './verify.ts';

const reading = new Semaphore(2);
/** Not in the way of those that read. */
const comparing = new Semaphore(2);
const threadLimits = { maxOldGenerationSizeMb: 768, maxYoungGenerationSizeMb: 32 };

/** `bring`: what was unpacked into the directory becomes a recording of that tenant, if it is one. */
export type AsideTask =
  | { kind: 'verify'; directory: string; id: string; isOwn: boolean }
  | { kind: 'bring'; directory: string; id: string; tenant: string; name: string | null }
  | ComparingTask;

export type ComparingTask =
  | { kind: 'answers'; expected: Answer; actual: Answer; enabled: readonly NormaliserName[] }
  | { kind: 'files'; expected: readonly ChangedFile[]; actual: readonly ChangedFile[]; how: HowCompared };

export type Brought = Pick<RecordingRecord, 'endedAt' | 'steps' | 'events' | 'failures'> & { lineBytes: number };

export type AsideAnswer =
  | { kind: 'verify'; verified: Verified }
  | { kind: 'bring'; brought: Brought }
  | ({ kind: 'compared' } & FilesCompared)
  | { kind: 'failed'; error: ErrorBody };

export async function verifyAside(
  task: Omit<Extract<AsideTask, { kind: 'verify' }>, 'kind'>,
  scope?: Scope,
): Promise<Verified> {
  const answer = await reading.run(() => inThread({ kind: 'verify', ...task }, scope), scope);
  if (answer.kind === 'verify') return answer.verified;
  throw strange(answer);
}

export async function bringAside(
  task: Omit<Extract<AsideTask, { kind: 'bring' }>, 'kind'>,
  scope?: Scope,
): Promise<Brought> {
  const answer = await reading.run(() => inThread({ kind: 'bring', ...task }, scope), scope);
  if (answer.kind === 'bring') return answer.brought;
  throw strange(answer);
}

/** Of answers there is nothing that was compared by its size only. */
export async function compareAside(task: ComparingTask, scope?: Scope): Promise<FilesCompared> {
  const answer = await comparing.run(() => inThread(task, scope), scope);
  if (answer.kind !== 'compared') throw strange(answer);
  const { compared, bySize, differing } = answer;
  return { compared, bySize, differing };
}

/** When it answers, fails, or the scope ends, the thread has ended. */
async function inThread(task: AsideTask, scope?: Scope): Promise<AsideAnswer> {
  scope?.signal.throwIfAborted();
  const worker = new Worker(new URL('./aside-thread.ts', import.meta.url), {
    name: 'recording',
    workerData: task,
    execArgv: [],
    env: {},
    resourceLimits: threadLimits,
  });
  const { promise, resolve, reject } = Promise.withResolvers<AsideAnswer>();
  const onAbort = (): void => reject(scope?.signal.reason);
  scope?.signal.addEventListener('abort', onAbort, { once: true });
  worker.on('message', resolve);
  worker.on('error', (error) => reject(tooMuch(error)));
  worker.on('exit', () => reject(tooMuch(new Error('its thread ended'))));
  try {
    return await promise;
  } finally {
    scope?.signal.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}

function strange(answer: AsideAnswer): HoldfastError {
  if (answer.kind === 'failed') return HoldfastError.fromBody(answer.error);
  return new HoldfastError('internal', 'the thread of a recording answered something else');
}

function tooMuch(cause: Error): HoldfastError {
  const isMemory = 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isMemory
    ? new HoldfastError('file-too-large', 'the recording takes more memory to be read or compared than one may', {
        cause,
      })
    : new HoldfastError('internal', `the thread of a recording ended: ${cause.message}`, { cause });
}
