import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'world table',
  summary: 'Prints what can be held still in a world, how, and under which isolation.',
  examples: [
    ['holdfast world table', 'for people'],
    ['holdfast world table --json', 'the same as JSON'],
  ],
  arguments: {},
  options: {},
  async run({ options, context: { output } }) {
    const { support } = await import('../../worlds/index.ts');
    if (options.json) {
      await output.document(support);
      return 0;
    }
    await output.table(support, [
      { title: 'WHAT', of: ({ what }) => what },
      { title: 'FOR', of: ({ grade }) => grade },
      { title: 'NAMESPACE', of: ({ how }) => how.namespace },
      { title: 'GVISOR', of: ({ how }) => (how.gvisor === how.namespace ? 'the same' : how.gvisor) },
      { title: 'MICROVM AND VM', of: ({ how }) => (how.vm === how.namespace ? 'the same' : how.vm) },
    ]);
    return 0;
  },
});
export default command;
