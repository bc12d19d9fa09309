import { isHoldfastError } from '../../schema/error-class.ts';
import type { HoldfastService, ProcessInfo, Sandbox, Snapshot } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { snapshotNamed } from '../snapshot-named.ts';

const command: Command = defineCommand({
  name: 'inspect',
  summary: 'Shows all that is known about a sandbox or a snapshot, as JSON.',
  examples: [
    ['holdfast inspect box', 'a sandbox, with its processes while it lives'],
    ['holdfast inspect snp-01…', 'a snapshot'],
  ],
  arguments: { what: { description: "a sandbox's or a snapshot's id or name", completes: 'sandbox' } },
  options: {},
  async run({ args, context: { output, ...context } }) {
    const service = await context.service();
    const isSnapshot = args.what.startsWith('snp-');
    await output.document(await (isSnapshot ? service.getSnapshot(args.what) : lookAt(service, args.what)));
    return 0;
  },
});
export default command;

async function lookAt(
  service: HoldfastService,
  ref: string,
): Promise<(Sandbox & { processes: ProcessInfo[] }) | Snapshot> {
  try {
    const sandbox = await service.getSandbox(ref);
    return { ...sandbox, processes: sandbox.state === 'ready' ? await service.listProcesses(ref) : [] };
  } catch (error) {
    const snapshot =
      isHoldfastError(error) && error.code === 'sandbox-not-found' && (await snapshotNamed(service, ref));
    if (snapshot) return snapshot;
    throw error;
  }
}
