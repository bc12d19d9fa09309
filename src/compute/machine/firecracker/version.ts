/** The Firecracker of this machine, and which requests its version knows. */
import { findProgram, runProcess, type Scope } from '../../../base/index.ts';
import { digestOf } from '../../file-digest.ts';

/** Major, minor, patch. */
export type FirecrackerVersion = readonly [number, number, number];

export interface Firecracker {
  program: string;
  /** sha256 of the program, hex. */
  digest: string;
  /** Null when it says something else than a version. */
  version: FirecrackerVersion | null;
}

/** The first that shows its devices by ACPI, where a distribution's kernel looks for them; what is asked of it is older. */
export const oldestVersion: FirecrackerVersion = [1, 8, 0];
/** The first whose `/snapshot/load` knows `vsock_override` and `clock_realtime`. */
const overridesSince: FirecrackerVersion = [1, 16, 0];

export const knowsOverrides = (version: FirecrackerVersion): boolean => !isOlder(version, overridesSince);

export function isOlder(version: FirecrackerVersion, than: FirecrackerVersion): boolean {
  const at = version.findIndex((part, index) => part !== than[index]);
  return at >= 0 && (version[at] ?? 0) < (than[at] ?? 0);
}

/** `1.16.1`, also as `v1.16.1` and with something behind it, as builds between releases say. */
export function parseVersion(text: string): FirecrackerVersion | null {
  const [, major, minor, patch] = /^v?(\d{1,5})\.(\d{1,5})\.(\d{1,5})(?![\d.])/.exec(text) ?? [];
  return major === undefined ? null : [Number(major), Number(minor), Number(patch)];
}

export const versionText = (version: FirecrackerVersion): string => version.join('.');

export const firecrackerName = 'firecracker';
const versionTimeoutMs = 2000;
const longestGreeting = 500;

/** Null when it is not installed. */
export async function findFirecracker(scope: Scope): Promise<Firecracker | null> {
  const program = await findProgram(firecrackerName);
  return program === null ? null : await describeFirecracker(program, scope);
}

/** Also of one that does not start: what is wrong is the chooser's to say. */
export async function describeFirecracker(program: string, scope: Scope): Promise<Firecracker> {
  const [digest, said] = await Promise.all([digestOf(program, scope), askVersion(program, scope)]);
  return { program, digest, version: parseVersion(/^Firecracker (v\S+)/.exec(said)?.[1] ?? '') };
}

async function askVersion(program: string, scope: Scope): Promise<string> {
  await using limit = scope.child({ name: 'ask Firecracker for its version', timeoutMs: versionTimeoutMs });
  let said = '';
  const onStdout = (chunk: Buffer): void => {
    said = (said + chunk.toString('utf8')).slice(0, longestGreeting);
    if (said.length === longestGreeting) throw new Error('it talks without end');
  };
  await runProcess({ file: program, args: ['--version'], onStdout }, limit).catch(() => scope.throwIfEnded());
  return said;
}
