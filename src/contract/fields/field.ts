/** What the registry says of one field. */
import type { Section } from './sections.ts';

/**
 * `exact`: equal texts. `set`: by what is missing and what is new. `order`: a list whose order counts. `template`: masked
 * messages. `distribution`: samples. `bound`: numbers (or `unlimited`), of which one direction is harmless.
 */
export const comparisons = ['exact', 'set', 'order', 'template', 'distribution', 'bound'] as const;
export type Comparison = (typeof comparisons)[number];

export interface FieldSpec {
  /** `section.topic` or `section.topic.detail`; never reused for another meaning. */
  readonly id: string;
  readonly section: Section;
  readonly comparison: Comparison;
  /** In plain words, as it stands in a report: `status of a command that ran out of time`. */
  readonly name: string;
  /** What goes wrong for an AI agent that was trained with another value; one sentence. */
  readonly consequence: string;
  /** Of a bound: the harmless direction. */
  readonly harmless?: 'more' | 'less';
}
