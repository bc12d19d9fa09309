import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';
import { endedLine, stopLine, whom } from '../stops.ts';

const command: Command = defineCommand({
  name: 'agents stop',
  summary:
    'Lets an agent, or all, do nothing more until `agents allow`: no session begins, none goes on; survives restarts.',
  examples: [
    ['holdfast agents stop clerk', 'its sessions, and those below them, stand still after the step that is under way'],
    ['holdfast agents stop --all --cancel', 'the switch for emergencies: all sessions end at once, and none begins'],
    ['holdfast agents stop --all --tenant acme', "for the owner: another tenant's; --every-tenant, everybody's"],
  ],
  arguments: { agent: { description: 'an agent that begins or has sessions', optional: true } },
  options: {
    all: { kind: 'flag', description: 'every agent' },
    cancel: { kind: 'flag', description: 'end their sessions at once too; what is under way is cut off' },
    tenant: { kind: 'text', value: 'TENANT', description: 'of this tenant; for the owner' },
    everyTenant: { kind: 'flag', description: 'of every tenant; for the owner' },
  },
  async run({ args, options, context: { output, ...context } }) {
    const { cancel, everyTenant, tenant } = options;
    const asked = { ...whom(args.agent, options.all, 'stop'), ...defined('tenant', tenant), cancel, everyTenant };
    const stopped = await (await context.service()).stopAgents(asked);
    if (options.json) await output.document(stopped);
    else {
      const { stop, sessions, cancelled } = stopped;
      const told = cancelled ? endedLine(cancelled) : `${sessions} sessions stand still, with all below`;
      await output.hint(`stopped: ${stopLine(stop, tenant)}; ${told}`);
    }
    if (!stopped.isKnown) {
      const of = everyTenant ? ' --every-tenant' : tenant === undefined ? '' : ` --tenant ${tenant}`;
      const lift = `holdfast agents allow ${args.agent}${of}`;
      await output.hint(`No agent that is known here is called ${args.agent}: is it spelt so? ${lift} takes it back.`);
    }
    return 0;
  },
});
export default command;
