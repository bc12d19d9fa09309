/**
 * Whether the hooks of a template did what they are for in a sandbox that goes on from a saved memory. The agent has run them before
 * anybody may use it, as one process (guest/agent/renew.c), which says on its stderr which begins, and which failed.
 *
 * 1. A hook that failed, or was not through in time, is named: what it was to seed anew is perhaps the same elsewhere.
 * 2. Only the run of this restore counts. Those of earlier ones are in the same memory.
 */
import { join, lstatSync, type Scope } from '../base/index.ts';
import type { Guest } from '../guest/index.ts';
import { type ExecResult, HoldfastError, type ProcessInfo } from '../schema/index.ts';
import { howItEnded, lastLines } from './program-end.ts';
import type { RootView } from './types.ts';

const hooksPlace = '/etc/holdfast/renewed.d';
/** What the agent gives all of them together. */
const hooksMs = 15_000;
const keptBytes = 64 * 1024;

/** False only where there are none for certain: a link on the way leads elsewhere inside. */
export function mayHaveHooks({ lower }: Pick<RootView, 'lower'>): boolean {
  return lower.some((layer) => {
    let path = layer;
    for (const name of hooksPlace.split('/').slice(1)) {
      path = join(path, name);
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (!found) return false;
      if (found.isSymbolicLink()) return true;
    }
    return true;
  });
}

/** @throws HoldfastError `hook-failed`, with the hook's name, how it ended and what was said last */
export async function checkHooks(guest: Pick<Guest, 'hello' | 'listProcesses' | 'exec'>, scope: Scope): Promise<void> {
  const { startedMs } = await guest.hello(scope);
  const runs = (await guest.listProcesses(scope)).filter(
    ({ processId, startedAt }) => runOf(processId) > 0 && Date.parse(startedAt) >= startedMs,
  );
  const [last] = runs.sort((one, other) => runOf(other.processId) - runOf(one.processId));
  if (!last || isWell(last.exit)) return;
  // It is there: what it said is collected, and nothing is started.
  const request = { argv: last.argv, retainBytes: keptBytes, outputCapBytes: keptBytes, processId: last.processId };
  throw failed(await guest.exec({ ...request, cwd: '/', environment: {}, timeoutMs: hooksMs, graceMs: 0 }, scope));
}

const isWell = (exit: ProcessInfo['exit']): boolean => exit?.reason === 'exited' && exit.exitCode === 0;

/** Its number among all that ran hooks, 0 of any other process. */
const runOf = (processId: string): number => Number(/^renewed-(\d{1,15})$/.exec(processId)?.[1] ?? 0);

function failed(result: ExecResult): HoldfastError {
  const said = Buffer.from(result.stderr).toString('utf8');
  // Of several the first; of one that was cut off, the one that had begun last.
  const [, first, status] = /\/etc\/holdfast\/renewed\.d\/([^/\n]+) ended with status (\d+)$/m.exec(said) ?? [];
  const begun = [...said.matchAll(/\/etc\/holdfast\/renewed\.d\/([^/\n]+) begins$/gm)].at(-1)?.[1];
  const hook = first ?? begun ?? null;
  const { reason, signal } = result;
  const exitCode = status === undefined ? result.exitCode : Number(status);
  const how = first === undefined ? howItEnded(result, hooksMs) : `ended with status ${status}`;
  const log = lastLines(result.stderr);
  const which = hook === null ? 'a hook' : (lastLines(Buffer.from(`${hooksPlace}/${hook}`))[0] ?? 'a hook');
  return new HoldfastError('hook-failed', `${which} of the template ${how}`, {
    hint: 'Mend it, and build the template again. What it was to seed anew may be the same in others.',
    details: { hook, reason, exitCode, signal, log },
  });
}
