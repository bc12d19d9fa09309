/** What holding sandboxes to a contract costs: a call through the stages with and without it, what a new one is asked, a pass. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import { runPass } from '../../src/contract/capture/pass.ts';
import {
  type Contract,
  compileEnforcement,
  firstExec,
  HoldfastTarget,
  loadPrograms,
  parseContract,
} from '../../src/contract/index.ts';
import { HoldfastError, type HoldfastService } from '../../src/schema/index.ts';
import { standardTools } from '../../src/tools/index.ts';
import { execute } from '../../src/tools/stages/execute.ts';
import { hold } from '../../src/tools/stages/hold.ts';
import type { Call, Outcome, Stage } from '../../src/tools/types.ts';
import type { Group, Plan } from '../group.ts';
import { type Contender, interleave, type Row, timed } from '../harness.ts';
import { inProcess } from '../ours.ts';

const callsPerValue = 200;
const outputBytes = 16 * 1024;
const file = join(import.meta.dirname, '../../contracts/coding-agent-1.0.0.yaml');

export const group: Group = {
  name: 'contract',
  title: 'Holding calls to a contract',
  measures: `A call of the tool \`shell\` whose work is done already, with ${outputBytes} bytes of output, through the last stages of the door: with the stage that holds it to \`coding-agent/1.0.0\`, and without. Schemas are checked both ways, the output is measured and, in one row, cut; in two rows the call fails, and the error is said in the contract's words. Each value is the mean of ${callsPerValue} calls. First command: what a new sandbox is asked at create, from the request to the judgement, in-process. Pass: all fields once, in a fresh sandbox on the default substrate, from the first probe to the last reading.`,
  leavesOut:
    'The work itself, the journal, the first call. What is added on purpose: latency up to what is promised. Of a pass: making the sandbox, timed rounds.',
  run,
};

async function run({ bench, rounds }: Plan): Promise<Row[]> {
  const { value: contract } = parseContract(readFileSync(file, 'utf8'), file);
  const tools = standardTools().map((tool) => tool.describe());
  const held = (change: object): Stage => {
    const enforcement = compileEnforcement({ ...contract, ...change }, tools);
    return hold(() => enforcement, systemClock);
  };
  const last = execute(systemClock);
  const cut = { output: { capBytes: 8192, strategy: 'head-tail', marker: '[{bytes} bytes cut]' } };
  const calls = await interleave(
    [
      contender('call-plain', 'not held', [last]),
      contender('call-held', 'held', [held({}), last]),
      contender('call-held-cut', 'held, output cut', [held(cut), last]),
      contender('call-failed-plain', 'a failure, not held', [last], failing),
      contender('call-failed-held', 'a failure, held', [held({}), last], failing),
    ],
    rounds(200, 20),
  );
  const { service } = await inProcess(bench);
  const asked = await interleave([await firstCommand(service, contract)], rounds(50, 3));
  const passes = await interleave([await wholePass(service)], { ...rounds(10, 1), warmups: 1 });
  return [...calls, ...asked, ...passes];
}

function contender(id: string, label: string, stages: readonly Stage[], change: Partial<Call> = {}): Contender {
  return {
    id,
    label,
    attempt: async () => {
      const startedMs = performance.now();
      for (let turn = 0; turn < callsPerValue; turn++) {
        const outcome = await through(stages, { ...callOf(turn), ...change });
        if (!outcome.ok && outcome.error.code !== expected) throw outcome.error;
      }
      return (performance.now() - startedMs) / callsPerValue;
    },
  };
}

const expected = 'busy';
const failing: Partial<Call> = {
  prepare: () => async () => {
    throw new HoldfastError(expected, 'the sandbox is being moved');
  },
};

async function firstCommand(service: HoldfastService, contract: Contract): Promise<Contender> {
  const { id } = await service.createSandbox({});
  const first = firstExec(contract, await loadPrograms());
  return {
    id: 'create-first-command',
    label: 'first command of a new sandbox',
    attempt: () =>
      timed(async () => {
        const mark = newMark();
        const { stdout } = await service.exec(id, { argv: first.argv(mark) ?? [] });
        const broken = first.judge(mark, stdout);
        if (broken) throw broken;
      }),
  };
}

async function wholePass(service: HoldfastService): Promise<Contender> {
  const target = new HoldfastTarget(service, {}, 'namespace');
  const programs = await loadPrograms();
  const { signal } = new AbortController();
  return {
    id: 'contract-pass',
    label: 'a pass over all fields',
    attempt: async () => {
      const session = await target.open(signal);
      try {
        const parts = { session, features: target.features, programs, mark: newMark(), clock: systemClock, signal };
        return await timed(async () => {
          const { stopped } = await runPass({ ...parts, timeoutMs: passTimeoutMs, onProgress: () => undefined });
          if (stopped) throw stopped;
        });
      } finally {
        await session.close();
      }
    },
  };
}

const passTimeoutMs = 30_000;
const newMark = (): string => Buffer.from(systemRandom(8)).toString('hex');

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
