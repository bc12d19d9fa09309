import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Played } from '../../agents/index.ts';
import { systemClock, systemRandom } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { loadAgents } from '../agent-files.ts';
import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'agents test',
  summary: 'Plays the scenarios of agents: real sessions, scripted models, tools and people; status 1 when one fails.',
  examples: [
    ['holdfast agents test desk.yaml', 'the scenarios that stand in the file'],
    [
      'holdfast agents test triage.ts --besides triage.yaml --json',
      'a program, with scenarios and host tools of another',
    ],
  ],
  arguments: { agents: { description: 'a file with agents: YAML, JSON, or a TypeScript program', completes: 'file' } },
  options: {
    besides: { kind: 'text', value: 'FILE', description: 'a file with more scenarios, and with host tools' },
  },
  async run({ args, options, context: { io, output } }) {
    const { besides } = options;
    const { bundle, scenarios, tools } = await loadAgents(args.agents, { directory: io.directory, besides });
    if (scenarios.length === 0) {
      throw new HoldfastError('invalid-argument', `${args.agents} has no scenarios`, {
        hint: 'Write some under scenarios, or name a file that has some: --besides.',
      });
    }
    const { playScenario } = await import('../../agents/index.ts');
    const played: Played[] = [];
    for (const scenario of scenarios) {
      const home = await mkdtemp(join(tmpdir(), 'holdfast-scenario-'));
      try {
        played.push(await playScenario(bundle, scenario, { home, clock: systemClock, random: systemRandom, tools }));
      } finally {
        await rm(home, { recursive: true, force: true });
      }
    }
    if (options.json) await output.document(played);
    else for (const each of played) for (const line of shown(each)) await output.line(line);
    return played.every(({ ok }) => ok) ? 0 : 1;
  },
});
export default command;

const shown = ({ scenario, ok, problems, calls, steps }: Played): string[] => [
  `${ok ? 'passes' : 'FAILS '} ${scenario} (${steps} steps: ${calls.join(', ') || 'no calls'})`,
  ...problems.map((problem) => `       ${problem}`),
];
