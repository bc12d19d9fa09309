import { type Command, defineCommand } from '../command.ts';
import { formatBytes, formatTime } from '../output.ts';

const command: Command = defineCommand({
  name: 'template ls',
  summary: 'Lists templates.',
  examples: [
    ['holdfast template ls', 'host is always there: this machine’s /usr, read-only'],
    ['holdfast template ls --json', 'with digests'],
  ],
  arguments: {},
  options: {},
  async run({ options, context: { output, ...context } }) {
    const templates = await (await context.service()).listTemplates();
    const nowMs = Date.now();
    if (options.json) await output.document(templates);
    else {
      await output.table(templates, [
        { title: 'NAME', of: (template) => template.name },
        { title: 'KIND', of: (template) => template.kind },
        { title: 'FILES', of: (template) => String(template.files) },
        { title: 'SIZE', of: (template) => formatBytes(template.sizeBytes) },
        { title: 'WARM', of: (template) => template.warm.join(' ') || '-' },
        { title: 'CREATED', of: (template) => formatTime(template.createdAt, nowMs) },
      ]);
    }
    return 0;
  },
});
export default command;
