import { type Command, defineCommand } from '../command.ts';
import { loadPlan } from '../fault-files.ts';

const command: Command = defineCommand({
  name: 'faults check',
  summary: 'Reads a fault plan and says how often each fault comes, and where; needs no daemon.',
  examples: [
    ['holdfast faults check plan.yaml', 'each fault with its rate; every problem with its line'],
    ['holdfast faults check plan.yaml --json', 'the same as JSON, with the plan’s digest'],
    ['holdfast create --faults plan.yaml --episode rollout=3', 'a sandbox under it'],
  ],
  arguments: { plan: { description: 'a fault plan, YAML or JSON', completes: 'file' } },
  options: {},
  async run({ args, options, context: { io, output } }) {
    const { kindFacts, planDigest, ratesOf } = await import('../../noise/index.ts');
    const plan = await loadPlan(args.plan, { directory: io.directory });
    const rates = ratesOf(plan);
    const digest = planDigest(plan);
    const rows = plan.faults.map(({ id, kind, activation = plan.activation, dependency = null }) => {
      const { means, meets } = kindFacts[kind];
      return { id, kind, means, rate: rates.get(id) ?? 0, activation, dependency, meets };
    });
    if (options.json) {
      await output.document({ digest, faults: rows });
      return 0;
    }
    await output.table(rows, [
      { title: 'FAULT', of: ({ id }) => id },
      { title: 'KIND', of: ({ kind }) => kind },
      { title: 'RATE', of: ({ rate }) => `${Number((rate * 100).toPrecision(3))} %` },
      { title: 'ACTIVE IN', of: ({ activation }) => `${Number((activation * 100).toPrecision(3))} %` },
      { title: 'BURSTS', of: ({ dependency }) => dependency ?? '-' },
      { title: 'MEANS', of: ({ means }) => means },
      { title: 'THE AGENT MEETS', of: ({ meets }) => meets },
    ]);
    if (plan.position === 'early' || plan.position === 'middle')
      await output.hint(`position ${plan.position}: after ${plan.horizon} calls (horizon) nothing comes any more`);
    await output.hint(
      `${Number((plan.control * 100).toPrecision(3))} % of rollouts are controls; seed ${plan.seed}, digest ${digest.slice(0, 12)}`,
    );
    return 0;
  },
});
export default command;
