import { type Command, defineCommand } from '../command.ts';
import { formatTime } from '../output.ts';

const command: Command = defineCommand({
  name: 'secret ls',
  summary: 'Lists secrets: names and times, never values.',
  examples: [
    ['holdfast secret ls', 'what there is'],
    ['holdfast secret ls --json', 'the same as JSON'],
  ],
  arguments: {},
  options: {},
  async run({ options, context: { output, ...context } }) {
    const secrets = await (await context.service()).listSecrets();
    const nowMs = Date.now();
    if (options.json) await output.document(secrets);
    else {
      await output.table(secrets, [
        { title: 'NAME', of: (secret) => secret.name },
        { title: 'CREATED', of: (secret) => formatTime(secret.createdAt, nowMs) },
        { title: 'CHANGED', of: (secret) => formatTime(secret.updatedAt, nowMs) },
      ]);
    }
    return 0;
  },
});
export default command;
