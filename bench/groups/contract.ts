/** What holding a call to a contract costs: the same call through the stages with and without it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/base/index.ts';
import { compileEnforcement, parseContract } from '../../src/contract/index.ts';
import { standardTools } from '../../src/tools/index.ts';
import { execute } from '../../src/tools/stages/execute.ts';
import { hold } from '../../src/tools/stages/hold.ts';
import type { Call, Outcome, Stage } from '../../src/tools/types.ts';
import type { Group, Plan } from '../group.ts';
import { type Contender, interleave, type Row } from '../harness.ts';

const callsPerValue = 200;
const outputBytes = 16 * 1024;
const file = join(import.meta.dirname, '../../contracts/coding-agent-1.0.0.yaml');

export const group: Group = {
  name: 'contract',
  title: 'Holding calls to a contract',
  measures: `A call of the tool \`shell\` whose work is done already, with ${outputBytes} bytes of output, through the last stages of the door: with the stage that holds it to \`coding-agent/1.0.0\`, and without. Schemas are checked both ways, the output is measured and, in one row, cut. Each value is the mean of ${callsPerValue} calls.`,
  leavesOut: 'The work itself, the journal, the first call. What is added on purpose: latency up to what is promised.',
  run,
};

async function run({ rounds }: Plan): Promise<Row[]> {
  const { value: contract } = parseContract(readFileSync(file, 'utf8'), file);
  const tools = standardTools().map((tool) => tool.describe());
  const cut = { capBytes: 8192, strategy: 'head-tail' as const, marker: '[{bytes} bytes cut]' };
  const held = (change: object): Stage => {
    const enforcement = compileEnforcement({ ...contract, ...change }, tools);
    return hold(() => enforcement, systemClock);
  };
  const last = execute(systemClock);
  return interleave(
    [
      contender('call-plain', 'not held', [last]),
      contender('call-held', 'held', [held({}), last]),
      contender('call-held-cut', 'held, output cut', [held({ output: cut }), last]),
    ],
    rounds(200, 20),
  );
}

function contender(id: string, label: string, stages: readonly Stage[]): Contender {
  return {
    id,
    label,
    attempt: async () => {
      const startedMs = performance.now();
      for (let turn = 0; turn < callsPerValue; turn++) {
        const outcome = await through(stages, callOf(turn));
        if (!outcome.ok) throw outcome.error;
      }
      return (performance.now() - startedMs) / callsPerValue;
    },
  };
}

function through([stage, ...rest]: readonly Stage[], call: Call): Promise<Outcome> {
  if (!stage) throw new Error('no stage is left');
  return stage(call, () => through(rest, call));
}

const answer = {
  exitCode: 0,
  signal: null,
  reason: 'exited',
  stdout: 'x'.repeat(outputBytes),
  stderr: '',
  stdoutCutBytes: 0,
  stderrCutBytes: 0,
  validUtf8: true,
  durationMs: 1,
};

function callOf(turn: number): Call {
  return {
    callId: `cal-${turn}`,
    tenant: 'default',
    sandbox: 'sbx-bench',
    kind: 'tool',
    name: 'shell',
    input: { command: 'make', cwd: '/workspace' },
    whole: null,
    mutates: true,
    idempotencyKey: null,
    scope: null,
    access: null,
    prepare: () => async () => answer,
    started: false,
  };
}
