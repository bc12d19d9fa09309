/** What cannot be asked from inside one command: how calls end, what stays between them, what the file door does. */
import type { Clock } from '../../../base/index.ts';
import {
  isRefusal,
  TargetError,
  type TargetExec,
  type TargetFeatures,
  type TargetResult,
  type TargetSession,
} from '../../targets/target.ts';
import { type Reading, templateReading, unmeasured } from '../reading.ts';

export interface Door {
  /** Each call of it ends, if not by itself then after a while. */
  readonly session: TargetSession;
  readonly features: TargetFeatures;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Part of the names of files that probes make. */
  readonly mark: string;
  /** Ends after the usual limit unless said otherwise. */
  exec(command: TargetExec['command'], more?: Partial<TargetExec>): Promise<TargetResult>;
}

export interface DoorProbe {
  readonly name: string;
  readonly fields: readonly string[];
  run(door: Door): Promise<Reading[]>;
}

/** The place for a probe's files, in the form that `work-directory` masks. */
export const workPath = (door: Door, name: string): string => `/tmp/holdfast-${door.mark}-${name}`;

/** A condition for a script. What has ended and was not waited for yet is no longer alive. */
export const isAlive = (pid: string): string =>
  `{ kill -0 ${pid} && ! grep -qs "^State:.*Z" /proc/${pid}/status; } 2>/dev/null`;

export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes.subarray(0, 64 * 1024));

/** How it ended, in words that two runtimes can be compared by. */
export function endOf({ exitCode, signal, timedOut }: TargetResult): string {
  if (timedOut) return exitCode === null ? 'timed out' : `timed out, exit ${exitCode}`;
  if (exitCode !== null) return signal === null ? `exit ${exitCode}` : `exit ${exitCode} and signal ${signal}`;
  return signal === null ? 'no status' : `signal ${signal}`;
}

export function templateOf(field: string, result: TargetResult): Reading {
  return templateReading(field, `${endOf(result)}: ${textOf(result.stderr)}${textOf(result.stdout)}`.trimEnd());
}

/** Also where the runtime refuses, which is its way to say it; a trouble of the harness stays one. */
export async function templateOrRefusal(field: string, work: () => Promise<TargetResult>): Promise<Reading> {
  try {
    return templateOf(field, await work());
  } catch (error) {
    if (error instanceof TargetError && isRefusal(error)) return templateReading(field, `refused: ${error.message}`);
    throw error;
  }
}

export const unmeasuredAll = (fields: readonly string[], reason: string): Reading[] =>
  fields.map((field) => unmeasured(field, reason));
