/** The fields of a contract against what was observed. */
import { textOf } from '../comparison/observed.ts';
import { meets, wordsOf } from '../comparison/terms.ts';
import type { Contract } from '../document/contract.ts';
import type { FieldTerm } from '../document/terms.ts';
import { fieldOf } from '../fields/index.ts';
import type { Observation, Profile } from '../profile/index.ts';
import type { Check, Verdict } from './verdicts.ts';

/** Fewer sessions cannot show that they disagree. */
export const fewestSessions = 3;

export function checkFields(contract: Contract, profile: Profile): Check[] {
  const observed = new Map(profile.observations.map((observation) => [observation.id, observation]));
  const sessions = profile.sessions.filter(({ outcome }) => outcome !== 'failed').length;
  const troubled = new Set(
    profile.sessions
      .flatMap(({ troubles }) => troubles.filter(({ side }) => side === 'harness'))
      .map(({ during }) => during),
  );
  return Object.entries(contract.fields).flatMap(([id, term]): Check[] => {
    if (term.level === 'free') return [];
    const { verdict, got, note } = judge({ id, term, observation: observed.get(id), sessions, troubled });
    return [{ id, level: term.level, verdict, wanted: wordsOf(term), got, note }];
  });
}

interface Question {
  id: string;
  term: FieldTerm;
  observation: Observation | undefined;
  sessions: number;
  troubled: ReadonlySet<string>;
}

function judge({ id, term, observation, sessions, troubled }: Question): Pick<Check, 'verdict' | 'got' | 'note'> {
  const consequence = fieldOf(id)?.consequence ?? '';
  if (!observation) return { verdict: 'insufficient-data', got: 'not asked', note: 'the profile has no reading of it' };
  if (observation.kind === 'could-not-measure')
    return {
      verdict: unmeasured(observation.reason, troubled.size > 0),
      got: 'could not measure',
      note: observation.reason,
    };
  if (observation.kind === 'unstable')
    return { verdict: 'flaky', got: textOf(observation), note: 'readings disagree, so nothing can rely on it' };
  const { met, got } = meets(term, observation);
  if (!met) return { verdict: 'fail', got, note: consequence };
  if (sessions >= fewestSessions) return { verdict: 'pass', got, note: '' };
  const note = `seen in ${sessions} of the ${fewestSessions} sessions that show whether it holds`;
  return { verdict: 'insufficient-data', got, note };
}

/** A reason of the runtime's is an answer: it has no such thing. Where a call was lost, nothing is known. */
function unmeasured(reason: string, isTroubled: boolean): Verdict {
  if (!reason.startsWith('no answer') && !reason.startsWith('no session')) return 'unsupported';
  return isTroubled ? 'harness-error' : 'insufficient-data';
}
