import { type Command, defineCommand } from '../command.ts';
import { formatTime } from '../output.ts';

const command: Command = defineCommand({
  name: 'session approvals',
  summary: 'Lists what agents may do only when people agree, and what waits for that.',
  examples: [
    ['holdfast session approvals', 'of all sessions'],
    ['holdfast session approvals --json', 'with the whole input, as JSON'],
  ],
  arguments: {},
  options: {},
  async run({ options, context: { output, ...context } }) {
    const approvals = await (await context.service()).listApprovals();
    const nowMs = Date.now();
    if (options.json) await output.document(approvals);
    else {
      await output.table(approvals, [
        { title: 'APPROVAL', of: ({ id }) => id },
        { title: 'AGENT', of: ({ agent }) => agent },
        { title: 'TOOL', of: ({ tool }) => tool },
        { title: 'YES', of: ({ approvedBy, quorum }) => `${approvedBy.length}/${quorum}` },
        { title: 'ENDS', of: ({ expiresAt }) => formatTime(expiresAt, nowMs) },
        { title: 'INPUT', of: ({ input }) => JSON.stringify(input) },
      ]);
    }
    return 0;
  },
});
export default command;
