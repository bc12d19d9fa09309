/** An agent repairs a small repository inside a sandbox, and every step is checked by other means than the agent's. */

import { asHoldfastError } from '../../schema/error-class.ts';
import { type Command, type Context, defineCommand } from '../command.ts';
import type { Policy } from '../demo/policy.ts';
import { scripted } from '../demo/scripted.ts';
import { cleanUp, type Demo, type Finding, type Step, steps } from '../demo/steps.ts';
import { describeFailure } from '../failure.ts';
import { Interrupts } from '../interrupts.ts';
import { formatDuration } from '../output.ts';

interface Row extends Finding {
  step: string;
  expected: string;
  durationMs: number;
}

const command: Command = defineCommand({
  name: 'demo',
  summary: 'Lets an agent repair a program in a sandbox: destroy, roll back, fork, keep the best, hand the patch out.',
  examples: [
    ['holdfast demo', 'a model if a key is set (ANTHROPIC_API_KEY, OPENAI_API_KEY, OPENAI_BASE_URL), else a script'],
    ['holdfast demo --scripted', 'the script in any case'],
    ['OPENAI_BASE_URL=http://localhost:8080/v1 HOLDFAST_MODEL=some-model holdfast demo', 'a model of yours'],
  ],
  arguments: {},
  options: { scripted: { kind: 'flag', description: 'no model, also when a key is set' } },
  async run({ options, context }) {
    using interrupts = new Interrupts(context.io);
    const policy = await choosePolicy(options.scripted, context);
    const service = await context.service();
    const demo: Demo = { service, policy, output: context.output, tools: await service.listTools(), forks: [] };
    const rows: Row[] = [];
    for (const step of steps) {
      if (interrupts.signal.aborted) break;
      const run: Step['run'] = (given) => orInterrupted(step.run(given), interrupts.signal);
      rows.push(await take(step.makes ? step : { ...step, run }, demo, rows.length + 1));
      if (rows.at(-1)?.ok !== true) break;
    }
    rows.push(
      await take({ title: 'remove everything', expected: 'nothing is left', run: cleanUp }, demo, rows.length + 1),
    );
    const complete = rows.length === steps.length + 1 && rows.every(({ ok }) => ok);
    if (interrupts.status === null || context.output.json) await report(rows, demo, complete, context);
    return interrupts.status ?? (complete ? 0 : 1);
  },
});
export default command;

/** What was begun ends by itself, or with the sandbox. */
function orInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

async function choosePolicy(forced: boolean, { io, output }: Context): Promise<Policy> {
  const model = forced ? null : await (await import('../demo/model.ts')).modelPolicy(io.environment);
  const policy = model ?? scripted;
  if (policy === scripted)
    await output.hint('[scripted] no model takes part: every call of this agent is fixed in advance');
  return policy;
}

async function take(step: Step, demo: Demo, number: number): Promise<Row> {
  await demo.output.hint(`[${demo.policy.name}] ${number}. ${step.title}`);
  const startedMs = performance.now();
  let finding: Finding;
  try {
    finding = await step.run(demo);
  } catch (thrown) {
    const error = asHoldfastError(thrown);
    await demo.output.say(describeFailure(error));
    finding = { actual: `${error.code}: ${error.message}`, ok: false };
  }
  return { step: step.title, expected: step.expected, ...finding, durationMs: performance.now() - startedMs };
}

async function report(
  rows: Row[],
  { policy, patchFile, repository, best }: Demo,
  complete: boolean,
  { output }: Context,
): Promise<void> {
  if (output.json) {
    await output.document({
      policy: policy.name,
      complete,
      steps: rows,
      best: best?.name ?? null,
      patchFile: patchFile ?? null,
      repository: repository ?? null,
    });
    return;
  }
  await output.table(
    [...rows.entries()],
    [
      { title: '', of: ([at]) => String(at + 1).padStart(2) },
      { title: `STEP (agent: ${policy.name})`, of: ([, row]) => row.step },
      { title: 'TIME', of: ([, row]) => formatDuration(row.durationMs) },
      { title: 'EXPECTED', of: ([, row]) => row.expected },
      { title: '', of: ([, row]) => (row.ok ? 'as expected' : 'NOT AS EXPECTED') },
      { title: 'FOUND', of: ([, row]) => row.actual },
    ],
  );
  if (complete) await output.hint(`next: git -C ${repository} apply ${patchFile}`);
  else await output.say(`holdfast: the demo did not go as expected; \`holdfast doctor\` may say why`);
}
