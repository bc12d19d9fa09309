/** Whether a template still is what it was: what does not begin with a snapshot begins with what has its name now. */
import type { RecordingHead } from './format.ts';

export const changedTemplate = (
  { template, templateDigest }: Pick<RecordingHead['base'], 'template' | 'templateDigest'>,
  now: string | null,
): string[] =>
  templateDigest !== '' && now !== templateDigest
    ? [`the template ${template} is another one than when it was recorded`]
    : [];
