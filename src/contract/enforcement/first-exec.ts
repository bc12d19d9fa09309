/**
 * What a contract promises of identity, environment and the place where commands start, asserted by the first command of a
 * new sandbox. The variables are asked by the probe program itself, the rest by the probes' words: what is asserted is what
 * was certified.
 *
 * 1. What a sandbox cannot tell, for a reason of its own such as a missing program, is not asserted; no answer at all is
 *    a field that is not as promised.
 */
import type { HoldfastError } from '../../schema/index.ts';
import { observe } from '../capture/observe.ts';
import { meets } from '../comparison/terms.ts';
import type { Contract } from '../document/contract.ts';
import type { FieldTerm } from '../document/terms.ts';
import { hear } from '../probes/answers.ts';
import { type Program, type Programs, scriptOf } from '../probes/programs.ts';
import type { Observation } from '../profile/index.ts';
import { cannotHold } from './enforcement.ts';

/** Asked one by one: the program that knows them asks for more, and takes longer. Each prints one line. */
const questions: Readonly<Record<string, string>> = {
  'identity.user': 'id -un 2>&1',
  'identity.uid': 'id -u 2>&1',
  'identity.gid': 'id -g 2>&1',
  'identity.umask': 'umask',
  'exec.cwd.default': 'pwd',
  'clock.zone': "date '+%Z %z' 2>&1",
};

/** How `hear` begins the reason of a field that nothing was said of. */
const silent = 'no answer: ';

/** Asked by the program, where a contract names one of its fields. */
const asking = 'environment';

export interface FirstExec {
  /** Null when the contract promises nothing of what can be asked. @param mark as of a probe: hexadecimal, unguessable */
  argv(mark: string): string[] | null;
  /** What is not as promised; the error names the field. Null when all is. */
  judge(mark: string, stdout: Uint8Array): HoldfastError | null;
}

export function firstExec(contract: Contract, programs: Programs): FirstExec {
  const isAsked = (id: string): boolean => (contract.fields[id]?.level ?? 'free') !== 'free';
  const single = Object.entries(questions).filter(([id]) => isAsked(id));
  const environment = programs.programs.find(({ name }) => name === asking);
  const variables = environment?.fields.filter(isAsked) ?? [];
  const fields = [...single.map(([id]) => id), ...variables];
  const program: Program = {
    name: 'first-exec',
    fields,
    text: [
      ...single.map(([id, question]) => `value ${id} "$(${question})"`),
      variables.length > 0 ? (environment?.text ?? '') : '',
    ].join('\n'),
  };
  return {
    argv: (mark) => (fields.length === 0 ? null : ['/bin/sh', '-c', scriptOf(programs, program, mark)]),
    judge: (mark, stdout) => {
      const { readings } = hear({ mark, fields, stdout, ending: 'the first command said nothing of it', nowMs: 0 });
      const seen = new Map(observe([readings]).map((observation) => [observation.id, observation]));
      for (const id of fields) {
        const [term, observation] = [contract.fields[id], seen.get(id)];
        const problem = term && observation ? problemOf(term, observation) : null;
        if (problem !== null) return cannotHold(id, problem);
      }
      return null;
    },
  };
}

/** What the first command of a new sandbox asks, in some contract. */
export function askedAtCreate({ programs }: Programs): string[] {
  return [...Object.keys(questions), ...(programs.find(({ name }) => name === asking)?.fields ?? [])];
}

function problemOf(term: FieldTerm, observation: Observation): string | null {
  if (observation.kind === 'could-not-measure')
    return observation.reason.startsWith(silent) ? observation.reason.slice(silent.length) : null;
  const { met, wanted, got } = meets(term, observation);
  return met ? null : `it is ${got || 'nothing'}, and ${wanted} is promised`;
}
