/**
 * `serve --stop`: the daemon of this home ends in good order, as by Ctrl-C.
 *
 * 1. Only the process that listens at the home's socket is sent a signal: the number that a daemon tells is of where it runs,
 *    which may be a container, and here it may be anybody's.
 * 2. It is over when this resolves: another daemon can have the home.
 */
import { listensAt, processStartTicks, readEnvironment, waitUntil } from '../base/index.ts';
import { HoldfastError } from '../schema/error-class.ts';
import type { Context } from './command.ts';

/** What it may take to end sessions and write down what was open. */
const endsWithinMs = 60_000;

/** @throws HoldfastError `daemon-unreachable` where none runs */
export async function stopDaemon(context: Context): Promise<{ pid: number }> {
  const { environment } = context.io;
  if (environment['HOLDFAST_URL'])
    throw new HoldfastError(
      'invalid-argument',
      'HOLDFAST_URL names a daemon elsewhere, which is not stopped from here',
      {
        hint: 'Unset it to stop the daemon of this home.',
      },
    );
  const { home, socketPath } = readEnvironment(environment);
  const service = await context.runningService();
  if (service === null)
    throw new HoldfastError('daemon-unreachable', `no daemon answers at ${socketPath}`, {
      hint: `It is the one of ${home} that is meant; HOLDFAST_HOME names another home.`,
    });
  const { pid } = await service.version();
  if (pid === null)
    throw new HoldfastError('forbidden', 'a daemon is stopped by its owner', {
      hint: 'Its owner needs no key: unset HOLDFAST_KEY.',
    });
  const startTicks = processStartTicks(pid);
  if (startTicks === null || !listensAt(pid, socketPath))
    throw new HoldfastError(
      'wrong-state',
      `the daemon at ${socketPath} says it is process ${pid}, which it is not here`,
      {
        hint: 'Stop it where it runs, as the user whose it is.',
      },
    );
  process.kill(pid, 'SIGTERM');
  await waitUntil(() => processStartTicks(pid) !== startTicks, {
    timeoutMs: endsWithinMs,
    what: `the daemon, process ${pid}, to end`,
  });
  return { pid };
}
