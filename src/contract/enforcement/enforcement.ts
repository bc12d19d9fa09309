/**
 * A contract made ready to be held on every call of a tool: read once, asked often. The stage that asks stands in
 * `tools/stages/hold.ts`; what can only be seen inside a sandbox is asserted by `first-exec.ts`.
 *
 * 1. A contract that cannot be held is refused when it is compiled, with the field named, not when a call comes.
 * 2. Latency is only ever added. A ceiling is the business of admission control.
 */
import { HoldfastError, type ToolDescription } from '../../schema/index.ts';
import { judgeWith } from '../diff/judge.ts';
import { diffTools } from '../diff/tools.ts';
import type { Contract } from '../document/contract.ts';
import { toolOfLatency } from '../document/terms.ts';
import { lineOf } from '../findings/index.ts';
import { toolTerms } from '../initial/tools.ts';
import { type HeldError, normalise } from './errors.ts';
import { failuresAtDoor, unclearFailures } from './failures.ts';
import { type Cut, cutOutput, mostCapBytes } from './output.ts';
import { targetOf } from './pace.ts';
import { checkAnswer, checkArguments } from './schemas.ts';
import { variablesOf } from './variables.ts';

export interface Enforcement {
  readonly contract: Contract;
  /** @throws HoldfastError `invalid-argument` that names the argument; nothing has happened */
  checkCall(tool: string, input: unknown): void;
  /** @throws HoldfastError `unclassified` that names what the contract does not know of the answer */
  checkAnswer(tool: string, answer: unknown): void;
  /** What the agent may see of an error. */
  normalise(error: HoldfastError): HeldError;
  /** Output as the contract has it cut; the same object when nothing is to be cut. */
  cut(answer: unknown): unknown;
  /** How long a call of this tool takes at least, drawn for this call; 0 when nothing is promised. */
  leastMs(tool: string, callId: string): number;
  /** Variables that every process starts with; null is one it must not have. */
  readonly environment: Readonly<Record<string, string | null>>;
}

/** @throws HoldfastError `capability-missing` that names the field which cannot be held */
export function compileEnforcement(contract: Contract, tools: readonly ToolDescription[]): Enforcement {
  refuseTools(contract, tools);
  const [unclear] = unclearFailures(contract.failures);
  if (unclear) throw cannotHold(unclear.field, unclear.problem);
  const output: Cut | null = contract.output ? cutOutput(contract.output) : null;
  if (contract.output && contract.output.capBytes > mostCapBytes)
    throw cannotHold(
      'output.capBytes',
      `it is ${contract.output.capBytes}, and tools keep at most ${mostCapBytes} bytes whole`,
    );
  const terms = new Map(Object.entries(contract.tools));
  const failures = failuresAtDoor(contract.failures);
  const latencies = new Map(
    Object.entries(contract.latency).flatMap(([name, term]) => {
      const tool = toolOfLatency(name);
      return tool !== null && term.level !== 'free' ? [[tool, term] as const] : [];
    }),
  );
  return {
    contract,
    checkCall: (tool, input) => {
      const term = terms.get(tool);
      if (term) checkArguments(tool, term, input);
    },
    checkAnswer: (tool, answer) => {
      const term = terms.get(tool);
      if (term) checkAnswer(tool, term, answer);
    },
    normalise: (error) => normalise(error, failures),
    cut: (answer) => output?.(answer) ?? answer,
    leastMs: (tool, callId) => {
      const term = latencies.get(tool);
      return term ? targetOf(term, callId) : 0;
    },
    environment: variablesOf(contract),
  };
}

/** What the tools themselves do not keep, no stage can mend. */
function refuseTools(contract: Contract, tools: readonly ToolDescription[]): void {
  const judge = judgeWith(() => null);
  const offered = toolTerms(tools);
  diffTools(
    contract,
    {
      ...contract,
      tools: Object.fromEntries(
        named(contract)
          .map((name) => [name, offered[name]])
          .filter(([, term]) => term),
      ),
    },
    judge,
  );
  const [broken] = judge.findings.filter(({ severity }) => severity === 'major');
  if (broken) throw cannotHold(broken.field, lineOf(broken));
}

function named({ tools }: Contract): string[] {
  return Object.keys(tools);
}

export function cannotHold(field: string, why: string): HoldfastError {
  return new HoldfastError('capability-missing', `the contract cannot be held here: ${field}: ${why}`, {
    hint: 'Change the contract, or run under one that this runtime was certified for.',
    details: { field },
  });
}
