/**
 * Whether sandboxes live to their end. Readings of those that do say nothing of those that die or hang on the way: an agent
 * loses its work there, whatever the others promise.
 */
import { endOfSession, type Observation, type Profile, type Trouble } from '../profile/index.ts';
import { fewestSessions } from './fields.ts';
import type { Check, Verdict } from './verdicts.ts';

export function checkSessions({ sessions, observations }: Profile): Check {
  const ends = sessions.flatMap((session) => endOfSession(session) ?? []);
  const broken = ends.filter(({ side }) => side === 'runtime');
  const whole = sessions.length - ends.length;
  const lost = ends.length - broken.length;
  const notes = [
    ...broken.slice(0, 1).map((end) => `${broken.length} ended by the runtime, first by ${wordsOf(end)}`),
    ...(lost > 0 ? [`${lost} lost by the prober or the way there, of which nothing is said`] : []),
  ];
  return {
    id: 'sessions',
    level: 'promise',
    verdict: verdictOf({ broken: broken.length, whole, wasHeard: observations.some(isHeard) }),
    wanted: 'each lives to its end',
    got: `${whole} of ${sessions.length}`,
    note: notes.join('; '),
  };
}

interface Seen {
  broken: number;
  whole: number;
  /** Some session answered something: else a runtime may not be there at all, as where its command is misspelt. */
  wasHeard: boolean;
}

function verdictOf({ broken, whole, wasHeard }: Seen): Verdict {
  if (broken > 0 && whole > 0) return 'flaky';
  if (broken > 0) return wasHeard ? 'fail' : 'insufficient-data';
  if (whole === 0) return 'harness-error';
  return whole >= fewestSessions ? 'pass' : 'insufficient-data';
}

function isHeard(observation: Observation): boolean {
  return observation.kind !== 'could-not-measure' || observation.trouble === undefined;
}

function wordsOf({ code, during, message }: Trouble): string {
  return `${code} in ${during}: ${message}`;
}
