import { isHoldfastError } from '../../schema/error-class.ts';
import type { NetworkFlow } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { Interrupts } from '../interrupts.ts';
import { formatBytes, formatDuration } from '../output.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'net log',
  summary: 'Shows what a sandbox sent, and what it tried to and was denied.',
  examples: [
    ['holdfast net log box', 'all that is kept'],
    ['holdfast net log -f box --denied', 'denials, as they happen'],
    ['holdfast net log box --json', 'a JSON document per line'],
  ],
  arguments: { sandbox: { description: "a sandbox's id or name", completes: 'sandbox' } },
  options: {
    follow: { kind: 'flag', short: 'f', description: 'go on with what comes, until Ctrl-C' },
    denied: { kind: 'flag', description: 'only what was denied' },
    since: { kind: 'text', value: 'ID', description: 'only what came after this flow' },
  },
  async run({ args, options, context: { io, output, ...context } }) {
    const service = await context.service();
    using interrupts = new Interrupts(io);
    const query = { follow: options.follow, denied: options.denied, ...defined('since', options.since) };
    try {
      for await (const flow of service.networkFlows(args.sandbox, query, { signal: interrupts.signal })) {
        if (output.json) await output.document(flow, true);
        else await output.text(`${lineOf(flow)}\n${missingOf(flow)}`);
      }
    } catch (error) {
      if (!(isHoldfastError(error) && interrupts.signal.aborted)) throw error;
    }
    return 0;
  },
});
export default command;

const missingOf = ({ missing }: NetworkFlow): string =>
  missing === undefined ? '' : `... ${missing} more are missing here: they came faster than they could be told\n`;

function lineOf(flow: NetworkFlow): string {
  const { decision, error, method, path, status, rule } = { ...flow, rule: flow.decision.rule };
  const what = method === null ? flow.kind : `${method} ${flow.protocol}`;
  const where = `${flow.host}${flow.kind === 'dns' ? '' : `:${flow.port}`}${path ?? ''}`;
  const how = decision.allowed
    ? `${status ?? 'ok'} ↑${formatBytes(flow.bytesUp)} ↓${formatBytes(flow.bytesDown)} ${formatDuration(flow.durationMs)}`
    : `DENIED ${decision.code}`;
  const why = rule === null ? '' : ` [${rule.text}]`;
  const by = flow.injected ? ' by its fault plan' : flow.endedBy ? ` by the ${flow.endedBy}` : '';
  const broke = error === null ? '' : ` broke${by}: ${error}`;
  const secrets = flow.secrets.length === 0 ? '' : ` secrets: ${flow.secrets.join(', ')}`;
  return `${flow.at}  ${what.padEnd(12)}  ${where}  ${how}${secrets}${why}${broke}`;
}
