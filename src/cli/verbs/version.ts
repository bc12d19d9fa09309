import { type Command, defineCommand } from '../command.ts';
import { ownVersion } from '../own-version.ts';

const command: Command = defineCommand({
  name: 'version',
  summary: 'Shows the version of this command line and of the daemon, if one runs.',
  examples: [
    ['holdfast version', 'starts nothing'],
    ['holdfast version --json', 'with the daemon’s process id'],
  ],
  arguments: {},
  options: {},
  async run({ options, context: { output, ...context } }) {
    const version = ownVersion();
    const daemon = (await (await context.runningService())?.version()) ?? null;
    if (options.json) await output.document({ version, node: process.version, daemon });
    else {
      await output.line(`holdfast ${version}, Node ${process.version}`);
      await output.line(daemon ? `daemon ${daemon.version}, process ${daemon.pid}` : 'daemon not running');
      if (daemon && daemon.version !== version)
        await output.hint(
          'the daemon is of another version; after `holdfast serve --stop` the next command starts a new one',
        );
    }
    return 0;
  },
});
export default command;
