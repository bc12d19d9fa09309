import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HoldfastError } from '../../schema/error-class.ts';
import type { HoldfastService, Replay, ReplayReport, TestReport } from '../../schema/index.ts';
import { type Command, type Context, defineCommand } from '../command.ts';
import { formatDuration, printable } from '../output.ts';
import { readWith, replayInput, testOf } from '../replay-options.ts';

const command: Command = defineCommand({
  name: 'replay',
  summary: 'Does a recording again and says where it first differs; or runs a test that was made of one.',
  examples: [
    ['holdfast replay run', 'in restored files with the taped network; ends with 1 when a step differs'],
    [
      'holdfast replay rec-01… --until 1 --with contract=coding-agent',
      'held to another contract; two of them stand side by side',
    ],
    ['holdfast replay case.json', 'a test of export --as-test; of --with it takes one contract'],
  ],
  arguments: { recording: { description: "a recording's id or name, or a test's file", completes: 'file' } },
  options: {
    level: { kind: 'text', value: 'LEVEL', description: 'L1 serve, L2 do again (the default), L3 do again live' },
    from: { kind: 'whole', value: 'N', description: 'the first step that is compared' },
    until: { kind: 'whole', value: 'N', description: 'the last step' },
    with: {
      kind: 'list',
      value: 'CHANGE',
      description:
        'contract=FILE, faults=off, tool-result=STEP:JSON, environment=NAME:VALUE, world=FILE or clock=recorded; may be repeated',
    },
    overlook: { kind: 'list', value: 'NAME', description: 'a normaliser more, e.g. order or numbers; may be repeated' },
    answersOnly: { kind: 'flag', description: 'compare answers only' },
  },
  async run({ args, options, context }) {
    const file = resolve(context.io.directory, args.recording);
    const isFile = await stat(file).then(
      (facts) => facts.isFile(),
      () => false,
    );
    const changes = await readWith(options.with, context.io);
    for (const note of changes.notes) await context.output.say(note);
    if (isFile) {
      const test = await testOf(file, options, changes);
      return await runTest(await (await context.service()).runTest(test), context);
    }
    const service = await context.service();
    const replays: { title: string; report: ReplayReport }[] = [];
    for (const contract of changes.contracts.length > 0 ? changes.contracts : [null]) {
      const input: Replay = replayInput(options, changes, contract);
      replays.push({ title: contract?.name ?? '', report: await replayOf(service, args.recording, input) });
    }
    if (options.json) {
      const [only] = replays;
      await context.output.document(replays.length === 1 ? only?.report : replays);
    } else await show(replays, context);
    return replays.every(({ report }) => report.reproduced || report.level === 'L0') ? 0 : 1;
  },
});
export default command;

function replayOf(service: HoldfastService, recording: string, input: Replay): Promise<ReplayReport> {
  return service.replayRecording(recording, input);
}

async function show(replays: readonly { title: string; report: ReplayReport }[], { output }: Context): Promise<void> {
  const [first] = replays;
  if (!first) throw new HoldfastError('internal', 'nothing was replayed');
  if (replays.length > 1) {
    const steps = [...new Set(replays.flatMap(({ report }) => report.steps.map(({ step }) => step)))].sort(
      (a, b) => a - b,
    );
    await output.table(steps, [
      { title: 'STEP', of: (step) => String(step) },
      ...replays.map(({ title, report }) => ({
        title,
        of: (step: number) => report.steps.find((each) => each.step === step)?.outcome ?? '-',
      })),
    ]);
  } else {
    await output.table(first.report.steps, [
      { title: 'STEP', of: ({ step }) => String(step) },
      { title: 'CALL', of: ({ name }) => name },
      { title: 'HOW', of: ({ how }) => how },
      { title: 'OUTCOME', of: ({ outcome }) => outcome },
      { title: 'SAME', of: ({ matched }) => (matched ? 'yes' : 'no') },
      { title: 'OVERLOOKED', of: ({ normalisers }) => normalisers.join(', ') || '-' },
      {
        title: 'TOOK',
        of: ({ durationMs, recordedMs }) => `${formatDuration(durationMs)} (${formatDuration(recordedMs)})`,
      },
    ]);
  }
  for (const { title, report } of replays) await verdict(title, report, output);
}

async function verdict(title: string, report: ReplayReport, output: Context['output']): Promise<void> {
  const { divergence, tape, world, uncompared } = report;
  const head = title === '' ? '' : `${title}: `;
  const taped = tape === null ? '' : `, tape ${tape.tape}: ${tape.misses} ${tape.misses === 1 ? 'miss' : 'misses'}`;
  await output.line(`${head}${verdictOf(report)}${taped}`);
  if (divergence) {
    const { step, class: what, blame, why, absorbedBy, expected, actual } = divergence;
    await output.line(`first divergence: step ${step}, ${what}; ${blame}: ${why}`);
    if (absorbedBy) await output.line(`--overlook ${absorbedBy} would have absorbed it`);
    await output.line(`  then: ${printable(expected)}`);
    await output.line(`  now:  ${printable(actual)}`);
  }
  for (const what of uncompared) await output.line(`not compared whole: ${what}`);
  for (const note of world) await output.hint(note);
}

/** Only what was done again can be reproduced: the rest is said. */
function verdictOf({ level, reproduced, steps, uncompared }: ReplayReport): string {
  if (level === 'L0') return `viewed at L0: ${counted(steps.length, 'step')}; nothing was done`;
  if (level === 'L1') {
    const there = steps.filter(({ matched }) => matched).length;
    return `${reproduced ? 'servable' : 'not servable'} at L1: ${there} of ${counted(steps.length, 'answer')} ${there === 1 ? 'is' : 'are'} there; nothing was done`;
  }
  const how = (wanted: string): string[] => {
    const count = steps.filter((step) => step.how === wanted).length;
    return count === 0 ? [] : [`${count} ${wanted}`];
  };
  const but = [
    ...how('served'),
    ...how('edited'),
    ...(uncompared.length > 0 ? [`${uncompared.length} not compared whole`] : []),
  ];
  return [`${reproduced ? 'reproduced' : 'not reproduced'} at ${level}`, ...but].join(', ');
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

async function runTest(report: TestReport, { output }: Context): Promise<number> {
  if (output.json) await output.document(report);
  else {
    const { name, ok, expected, actual, passed, runs, stdout, stderr, missed, blame, templateChanged, notes } = report;
    await output.line(
      `${ok ? 'passed' : 'failed'}: ${name} ended with ${actual}, expected ${expected} (${passed} of ${runs} runs)`,
    );
    for (const what of blame ? missed : []) await output.line(`${blame}: ${printable(what)}`);
    if (blame && templateChanged) await output.line(`${blame}: its template is another one than when it was recorded`);
    for (const text of [stdout, stderr])
      if (!ok && text !== '') await output.text(text.endsWith('\n') ? text : `${text}\n`);
    for (const note of notes) await output.hint(note);
  }
  return report.ok ? 0 : 1;
}
