/**
 * What the vendors' SDKs have in common here: they are no dependencies of ours. Whoever wants to profile such a runtime
 * installs its package beside Holdfast or where the command is typed, and sets the vendor's own environment variables.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { hostVariables } from '../../base/index.ts';
import { TargetError } from './target.ts';

export interface VendorOptions {
  /** Where a package is looked for, besides our own place. */
  directories: readonly string[];
}

/** @throws TargetError `not-installed` */
export function loadVendor(name: string, { directories }: VendorOptions): unknown {
  const failures: unknown[] = [];
  for (const place of [import.meta.url, ...directories.map((directory) => join(directory, 'package.json'))]) {
    try {
      return createRequire(place)(name);
    } catch (error) {
      failures.push(error);
    }
  }
  const [first] = failures;
  throw new TargetError('harness', 'not-installed', `the package ${name} cannot be loaded: ${firstLine(first)}`, {
    cause: first,
    hint: `npm install ${name}, where this command is typed.`,
  });
}

/** @throws TargetError `no-key` */
export function needKey(name: string): void {
  if (hostVariables()[name]) return;
  throw new TargetError('harness', 'no-key', `${name} is not set`, { hint: `export ${name}=…, with a key of yours.` });
}

/** SDKs tell their errors apart by class; two copies of a package have two of each, so the name decides. */
export function kindOf(error: unknown): string {
  return error instanceof Error ? error.constructor.name : '';
}

export function messageOf(error: unknown): string {
  return firstLine(error);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, 500) ?? '';
}
