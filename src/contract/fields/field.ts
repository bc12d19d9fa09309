/** What the registry says of one field. */
import { type Section, sections } from './sections.ts';

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
  /** What goes wrong for an AI agent that was trained with another value. */
  readonly consequence: string;
  /** Of a bound: the harmless direction. */
  readonly harmless?: 'more' | 'less';
}

/** `more`, `less`: a bound, with its harmless direction. */
type Kind = Exclude<Comparison, 'bound'> | 'more' | 'less';
export type FieldRow = readonly [id: string, kind: Kind, name: string, consequence: string];

/** One row per field; the section is the first word of the id. */
export function fieldsOf(rows: readonly FieldRow[]): readonly FieldSpec[] {
  return rows.map(([id, kind, name, consequence]) => {
    const section = sections.find((known) => id.startsWith(`${known}.`));
    if (section === undefined) throw new Error(`the field ${id} is of no section`);
    const about = { id, section, name, consequence };
    return kind === 'more' || kind === 'less'
      ? { ...about, comparison: 'bound', harmless: kind }
      : { ...about, comparison: kind };
  });
}
