/** The fields of a contract against what was observed. */
import { textOf } from '../comparison/observed.ts';
import { meets, wordsOf } from '../comparison/terms.ts';
import type { Contract } from '../document/contract.ts';
import type { FieldTerm } from '../document/terms.ts';
import { fieldOf } from '../fields/index.ts';
import type { Observation, Profile } from '../profile/index.ts';
import { type Check, unmeasured } from './verdicts.ts';

/** Fewer sessions cannot show that they disagree. */
export const fewestSessions = 3;

export function checkFields(contract: Contract, profile: Profile): Check[] {
  const observed = new Map(profile.observations.map((observation) => [observation.id, observation]));
  const { repeats } = profile.plan;
  return Object.entries(contract.fields).flatMap(([id, term]): Check[] => {
    if (term.level === 'free') return [];
    const { verdict, got, note } = judge({ id, term, observation: observed.get(id), repeats });
    return [{ id, level: term.level, verdict, wanted: wordsOf(term), got, note }];
  });
}

interface Question {
  id: string;
  term: FieldTerm;
  observation: Observation | undefined;
  /** Passes per session. */
  repeats: number;
}

function judge({ id, term, observation, repeats }: Question): Pick<Check, 'verdict' | 'got' | 'note'> {
  const consequence = fieldOf(id)?.consequence ?? '';
  if (!observation) return { verdict: 'insufficient-data', got: 'not asked', note: 'the profile has no reading of it' };
  if (observation.kind === 'could-not-measure')
    return { verdict: unmeasured(observation.trouble), got: 'could not measure', note: observation.reason };
  if (observation.kind === 'unstable')
    return { verdict: 'flaky', got: textOf(observation), note: 'readings disagree, so nothing can rely on it' };
  const { met, got } = meets(term, observation);
  if (!met) return { verdict: 'fail', got, note: consequence };
  const { readings, lost = 0 } = observation;
  const missing = lost > 0 ? `${lost} of ${readings + lost} readings were lost` : '';
  // So many at the least: a session has no more readings than passes.
  const sessions = Math.ceil(readings / Math.max(1, repeats));
  if (sessions >= fewestSessions) return { verdict: 'pass', got, note: missing };
  const few = `seen in ${sessions} of the ${fewestSessions} sessions that show whether it holds`;
  return { verdict: 'insufficient-data', got, note: missing === '' ? few : `${few}; ${missing}` };
}
