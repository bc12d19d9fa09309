/** The thread in which all tapes of this process are written, so that requests wait for none of it. */
import { parentPort } from 'node:worker_threads';
import { systemClock } from '../../base/index.ts';
import { asHoldfastError } from '../../schema/index.ts';
import type { FromWriter, ToWriter } from './messages.ts';
import { TapeWriter } from './writer.ts';

const port = parentPort;
const writers = new Map<number, TapeWriter>();

port?.on('message', (batch: ToWriter[]) => {
  for (const message of batch) {
    if (message.kind === 'open') start(message);
    else writers.get(message.tape)?.accept(message);
  }
});

function start({ tape, directory, limits, budget }: Extract<ToWriter, { kind: 'open' }>): void {
  const answer = (message: FromWriter): void => port?.postMessage(message);
  try {
    writers.set(
      tape,
      new TapeWriter({
        directory,
        limits,
        budget,
        clock: systemClock,
        answer: (message) => {
          if (message.kind === 'closed') writers.delete(tape);
          answer({ ...message, tape });
        },
      }),
    );
  } catch (error) {
    answer({ kind: 'failed', tape, error: asHoldfastError(error).toBody() });
  }
}
