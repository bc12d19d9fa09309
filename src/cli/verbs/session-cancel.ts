import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';
import { formatDuration } from '../output.ts';
import { defined } from '../sandbox-options.ts';
import { outcomeLine } from '../session-view.ts';
import { endedLine } from '../stops.ts';

const command: Command = defineCommand({
  name: 'session cancel',
  summary: 'Ends a session and all below it now, or all sessions; what is under way is cut off.',
  examples: [
    ['holdfast session cancel talk', 'one'],
    ['holdfast session cancel --all', 'all there are now; `agents stop --all --cancel` lets none begin either'],
    ['holdfast session cancel --agent clerk', 'all that began with that agent'],
  ],
  arguments: { session: { description: "a session's id or name", optional: true } },
  options: {
    all: { kind: 'flag', description: 'all that are not over' },
    agent: { kind: 'text', value: 'AGENT', description: 'all that began with this agent, also below others' },
    tenant: {
      kind: 'text',
      value: 'TENANT',
      description: 'those of this tenant; with --all or --agent, for the owner',
    },
    everyTenant: { kind: 'flag', description: 'those of every tenant; with --all or --agent, for the owner' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const service = await context.service();
    const several = options.all || options.agent !== undefined;
    if (several === (args.session !== undefined)) {
      throw new HoldfastError('invalid-argument', 'session cancel needs a session, or --all or --agent', {
        hint: 'For example: holdfast session cancel talk',
      });
    }
    if (args.session !== undefined) {
      const session = await service.cancelSession(args.session);
      if (options.json) await output.document(session);
      else await output.hint(`${session.id}: ${outcomeLine(session)}`);
      return 0;
    }
    const ended = await service.cancelSessions({
      ...defined('agent', options.agent),
      ...defined('tenant', options.tenant),
      everyTenant: options.everyTenant,
    });
    if (options.json) await output.document(ended);
    else await output.hint(endedLine(ended, ` within ${formatDuration(ended.durationMs)}`));
    return 0;
  },
});
export default command;
