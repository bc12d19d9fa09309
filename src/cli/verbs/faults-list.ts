import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'faults list',
  summary: 'Lists the kinds of faults; or lets each one happen in a real sandbox and shows what an agent sees of it.',
  examples: [
    ['holdfast faults list', 'every kind, and whether it really happens'],
    ['holdfast faults list --where', 'on which substrates, and what it needs there'],
    ['holdfast faults list --demo --kind exec.hang --kind tool.empty', 'in sandboxes of its own, gone afterwards'],
  ],
  arguments: {},
  options: {
    demo: { kind: 'flag', description: 'let them happen' },
    where: { kind: 'flag', description: 'say where they can happen' },
    kind: { kind: 'list', value: 'KIND', description: 'only this one; may be repeated' },
  },
  async run({ options, context }) {
    const { output } = context;
    const { kindFacts, whereOf } = await import('../../noise/index.ts');
    const { faultKinds } = await import('../../schema/index.ts');
    const { chosen } = await import('../values.ts');
    const kinds =
      options.kind.length === 0 ? faultKinds : options.kind.map((kind) => chosen('--kind', kind, faultKinds));
    if (!options.demo) {
      const rows = kinds.map((kind) => ({ kind, ...kindFacts[kind], where: whereOf(kind) }));
      if (options.json) await output.document(rows);
      else if (options.where)
        await output.table(rows, [
          { title: 'KIND', of: ({ kind }) => kind },
          { title: 'NAMESPACE', of: ({ where }) => where.namespace },
          { title: 'GVISOR', of: ({ where }) => where.gvisor },
          { title: 'MICROVM', of: ({ where }) => where.microvm },
          { title: 'VM', of: ({ where }) => where.vm },
        ]);
      else
        await output.table(rows, [
          { title: 'KIND', of: ({ kind }) => kind },
          { title: 'MEANS', of: ({ means }) => means },
          { title: 'THE AGENT MEETS', of: ({ meets }) => meets },
          { title: 'HOW', of: ({ how }) => how },
        ]);
      return 0;
    }
    const { demonstrate } = await import('../fault-demo/demonstrate.ts');
    const service = await context.service();
    const shown = [];
    for (const kind of kinds) {
      const one = await demonstrate(service, kind);
      shown.push(one);
      if (options.json) continue;
      const mark = { happened: 'yes', 'not-here': '-', failed: 'NO' }[one.outcome];
      await output.line(`${mark.padEnd(4)}${kind.padEnd(28)}${one.seen}`);
    }
    if (options.json) await output.document(shown);
    const failed = shown.filter(({ outcome }) => outcome === 'failed').length;
    const missing = shown.filter(({ outcome }) => outcome === 'not-here').length;
    await output.hint(`${shown.length - failed - missing} happened, ${missing} cannot happen here, ${failed} did not`);
    return failed === 0 ? 0 : 1;
  },
});
export default command;
