import { HoldfastError, isHoldfastError } from '../../schema/error-class.ts';
import type { HoldfastService } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { describeFailure, statusOf } from '../failure.ts';
import { snapshotNamed } from '../snapshot-named.ts';

const command: Command = defineCommand({
  name: 'rm',
  summary: 'Ends sandboxes with all that runs in them, or deletes snapshots and recordings.',
  examples: [
    ['holdfast rm box', 'processes, mounts and files are gone when it returns'],
    ['holdfast rm $(holdfast ps --ids)', 'all sandboxes'],
    ['holdfast rm snp-01… rec-01…', 'a snapshot, whose sandboxes keep their files, and a recording'],
  ],
  arguments: {
    what: { description: "sandboxes' ids or names, snapshots' or recordings' ids", many: true, completes: 'sandbox' },
  },
  options: {},
  async run({ args, options, context: { output, ...context } }) {
    const service = await context.service();
    const removed: string[] = [];
    let firstFailure: unknown = null;
    for (const what of args.what) {
      try {
        if (what.startsWith('snp-')) await service.deleteSnapshot(what);
        else if (what.startsWith('rec-')) await service.deleteRecording(what);
        else await destroy(service, what);
        removed.push(what);
        if (!options.json) await output.line(what);
      } catch (error) {
        // The others are removed all the same; one failure decides the status.
        if (args.what.length === 1 || !isHoldfastError(error)) throw error;
        firstFailure ??= error;
        await output.say(describeFailure(error));
      }
    }
    if (isHoldfastError(firstFailure)) {
      if (options.json) await output.document({ removed, error: firstFailure.toBody() });
      return statusOf(firstFailure.code, undefined);
    }
    if (options.json) await output.document({ removed });
    return 0;
  },
});
export default command;

/** A name is a sandbox's: who removes one twice is not to lose the snapshot of that name. */
async function destroy(service: HoldfastService, ref: string): Promise<void> {
  try {
    await service.destroySandbox(ref);
  } catch (error) {
    if (!isHoldfastError(error) || error.code !== 'sandbox-not-found') throw error;
    const snapshot = await snapshotNamed(service, ref);
    if (snapshot === null) throw error;
    throw new HoldfastError(error.code, `${error.message}, but a snapshot`, {
      hint: `Snapshots are removed by their ids: holdfast rm ${snapshot.id}`,
      ...(error.details ? { details: error.details } : {}),
      cause: error,
    });
  }
}
