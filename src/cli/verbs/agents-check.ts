import { loadAgents } from '../agent-files.ts';
import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'agents check',
  summary: 'Reads a file with agents and says what each may do, or what is wrong and how to mend it; needs no daemon.',
  examples: [
    ['holdfast agents check desk.yaml', 'each with its digest, grants and limits'],
    ['holdfast agents check desk.yaml --json', 'the canonical manifests, as JSON'],
    ['holdfast agents check triage.ts --besides triage.yaml', 'a program: every finding with its line and its remedy'],
  ],
  arguments: { agents: { description: 'a file with agents: YAML, JSON, or a TypeScript program', completes: 'file' } },
  options: {
    besides: { kind: 'text', value: 'FILE', description: 'a file with the host tools that they expect' },
  },
  async run({ args, options, context: { io, output } }) {
    const { besides } = options;
    const { bundle, behaviourLines } = await loadAgents(args.agents, { directory: io.directory, besides });
    const { digestOf } = await import('../../agents/index.ts');
    const rows = bundle.agents.map((manifest) => ({ hash: digestOf(manifest), manifest }));
    if (options.json)
      await output.document({ hash: digestOf(bundle), entry: bundle.entry, behaviourLines, agents: rows });
    else {
      await output.table(rows, [
        {
          title: 'AGENT',
          of: ({ manifest }) => (manifest.name === bundle.entry ? `${manifest.name} *` : manifest.name),
        },
        { title: 'DIGEST', of: ({ hash }) => hash.slice(0, 12) },
        {
          title: 'MODEL',
          of: ({ manifest: { model } }) => ('id' in model ? `${model.provider}/${model.id}` : model.provider),
        },
        { title: 'LED BY', of: ({ manifest: { program, flow } }) => (program ? 'program' : flow ? 'flow' : 'model') },
        { title: 'GRANTS', of: ({ manifest }) => manifest.grants.join(' ') || '-' },
        {
          title: 'LIMITS',
          of: ({ manifest: { limits } }) =>
            `${limits.steps} steps, ${limits.tokens} tokens, ${limits.cents} cents, depth ${limits.depth}`,
        },
      ]);
    }
    return 0;
  },
});
export default command;
