import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'secret rotate',
  summary: 'Seals all secrets on this machine by a new key; no value changes, and what uses them goes on.',
  examples: [
    ['holdfast secret rotate', "the owner's alone: the key seals the secrets of all tenants"],
    ['holdfast secret rotate --json', 'the answer as JSON'],
  ],
  arguments: {},
  options: {},
  async run({ options, context: { output, ...context } }) {
    await (await context.service()).rotateSecretKey();
    if (options.json) await output.document({ rotated: true });
    else await output.hint('sealed anew; backups of state.db from before need the key from before');
    return 0;
  },
});
export default command;
