import { type Command, defineCommand } from '../command.ts';
import { defined } from '../sandbox-options.ts';

const command: Command = defineCommand({
  name: 'net why',
  summary: 'Says whether a sandbox may reach a URL, by which rule, and what would change that; sends nothing.',
  examples: [
    ['holdfast net why box https://example.com/v1/items', 'the decision, the rule and its line'],
    ['holdfast net why box example.com:5432', 'any bytes to a port'],
    ['holdfast net why box https://example.com/ --method POST --json', 'another method; as JSON'],
  ],
  arguments: {
    sandbox: { description: "a sandbox's id or name", completes: 'sandbox' },
    url: { description: 'a URL, or HOST:PORT' },
  },
  options: { method: { kind: 'text', value: 'METHOD', description: 'of the request; GET if not said' } },
  async run({ args, options, context: { output, ...context } }) {
    const service = await context.service();
    const answer = await service.explainNetwork(args.sandbox, {
      url: args.url,
      ...defined('method', options.method),
    });
    const { decision, carried } = answer;
    if (options.json) await output.document(answer);
    else {
      const how = carried === null ? '' : carried === 'tunnel' ? ', unseen' : ', read by the gateway';
      await output.line(`${decision.allowed ? `allowed${how}` : 'denied'} (${decision.code})`);
      await output.line(decision.message);
      if (decision.rule) {
        const { text, line, preset } = decision.rule;
        const place = preset !== null ? ` of preset ${preset}` : line !== null ? ` at line ${line}` : '';
        await output.line(`rule${place}: ${text}`);
      }
      if (answer.later !== null) await output.line(answer.later);
      if (decision.hint !== null) await output.line(`to allow it: ${decision.hint}`);
      else if (!decision.allowed) await output.line('nothing in a policy allows it');
    }
    return decision.allowed ? 0 : 4;
  },
});
export default command;
