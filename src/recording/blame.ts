/** Who a divergence is about: the model that called otherwise, the tool that answered otherwise, or the world around both. */
import type { Blame, DivergenceClass, NormaliserName } from '../schema/index.ts';

export interface BlameFacts {
  class: DivergenceClass;
  absorbedBy: NormaliserName | null;
  /** While it ran, a tape did not know a request. */
  tapeMissed: boolean;
  /** The template has another digest than when it was recorded. */
  templateChanged: boolean;
  /** It failed now for a reason that is not the agent's. */
  infrastructure: boolean;
  /** Something was changed for this replay: a contract, a result, the faults. */
  edited: boolean;
}

export const blameRules: readonly { blame: Blame; why: string; fits(facts: BlameFacts): boolean }[] = [
  {
    blame: 'model',
    why: 'another call was made than was recorded',
    fits: (facts) => ['call', 'args', 'extra', 'missing'].includes(facts.class),
  },
  {
    blame: 'world',
    why: 'the tape has no answer for a request',
    fits: (facts) => facts.tapeMissed || facts.class === 'net-miss',
  },
  { blame: 'world', why: 'the replay failed for a reason of this machine', fits: (facts) => facts.infrastructure },
  {
    blame: 'world',
    why: 'the template is another one than when it was recorded',
    fits: (facts) => facts.templateChanged,
  },
  { blame: 'tool', why: 'the replay was told to differ', fits: (facts) => facts.edited },
  {
    blame: 'world',
    why: 'only numbers differ: a clock, a counter or chance that nothing holds still',
    fits: (facts) => facts.absorbedBy === 'numbers',
  },
  {
    blame: 'world',
    why: 'only the order of lines differs: hashing, scheduling or a directory',
    fits: (facts) => facts.absorbedBy === 'order',
  },
  {
    blame: 'tool',
    why: 'its input was not kept, so it cannot be done again',
    fits: (facts) => facts.class === 'not-replayable',
  },
  { blame: 'tool', why: 'the same call in the same state answered otherwise', fits: () => true },
];

export function blameFor(facts: BlameFacts): { blame: Blame; why: string } {
  const rule = blameRules.find((each) => each.fits(facts));
  return { blame: rule?.blame ?? 'tool', why: rule?.why ?? '' };
}
