import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

const command: Command = defineCommand({
  name: 'completion',
  summary: 'Prints what makes a shell complete verbs, flags and sandboxes.',
  examples: [
    ['eval "$(holdfast completion bash)"', 'in ~/.bashrc'],
    ['holdfast completion zsh > ~/.zfunc/_holdfast', 'for zsh'],
    ['holdfast completion fish | source', 'in config.fish'],
  ],
  arguments: { shell: { description: shells.join(', ') } },
  options: {},
  async run({ args, options, context: { output } }) {
    const shell = shells.find((known) => known === args.shell);
    if (shell === undefined) {
      throw new HoldfastError('invalid-argument', `there is no completion for "${args.shell}"`, {
        hint: `There is one for ${shells.join(', ')}.`,
      });
    }
    const { completionScript } = await import('../completion.ts');
    const { loadAll } = await import('../registry.ts');
    const script = completionScript(shell, await loadAll());
    await (options.json ? output.document({ shell, script }) : output.data(script));
    return 0;
  },
});
export default command;
