import { isoTime, systemClock } from '../../base/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { loadContract, loadUsage, loadWaivers } from '../contract-files.ts';
import { showDiff } from '../contract-view.ts';
import { writeOutput } from '../output-file.ts';

const command: Command = defineCommand({
  name: 'contract diff',
  summary:
    'Compares two contracts, training first: what can stop working, one line each, and which version that asks for.',
  examples: [
    ['holdfast contract diff contract.yaml contract.yaml', 'equal'],
    ['holdfast contract diff coding-agent contract.yaml --json', 'what changes for agents trained under the first'],
    ['holdfast contract diff contract.yaml next.yaml --waivers waivers.yaml', 'with findings that somebody accepted'],
  ],
  arguments: {
    training: { description: 'the contract agents were trained under', completes: 'file' },
    production: { description: 'the one they would run under', completes: 'file' },
  },
  options: {
    waivers: { kind: 'text', value: 'FILE', description: 'findings that are accepted, each with a reason and an end' },
    used: { kind: 'list', value: 'FILE', description: 'a recorded run, to say how often each is touched' },
    html: { kind: 'text', value: 'FILE', description: 'write a page that needs nothing else' },
  },
  async run({ args, options, context: { io, output } }) {
    const { diffContracts, diffPage, usageLookup } = await import('../../contract/index.ts');
    const [training, production] = [await loadContract(args.training, io), await loadContract(args.production, io)];
    const diff = diffContracts(training.value, production.value, {
      today: isoTime(systemClock.nowMs()).slice(0, 10),
      waivers: await loadWaivers(options.waivers, io),
      usageOf: usageLookup(await loadUsage(options.used, io)),
    });
    if (options.json) await output.document(diff);
    else await showDiff(diff, output);
    if (options.html !== undefined) {
      await writeOutput(options.html, io, diffPage(diff, training.value, production.value), { mode: 0o644 });
      await output.hint(`written: ${options.html}`);
    }
    return diff.passed ? 0 : 1;
  },
});
export default command;
