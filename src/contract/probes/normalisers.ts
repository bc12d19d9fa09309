/**
 * What is different at every run and means nothing, by name. A template is a message after all of them, in this order.
 * They mask what a runtime chose, never what a probe asked for: the probes' own names stay readable.
 */
export interface Normaliser {
  readonly name: string;
  readonly what: string;
  readonly pattern: RegExp;
  readonly becomes: string;
}

export const normalisers: readonly Normaliser[] = [
  {
    name: 'work-directory',
    what: 'the directory a probe made for itself',
    pattern: /(?:\/[\w.~-]+)*\/holdfast-[0-9a-f]{8,}/g,
    becomes: '<work>',
  },
  { name: 'quotes', what: 'quotes that depend on the locale', pattern: /[‘’`´]/g, becomes: "'" },
  {
    name: 'uuid',
    what: 'universally unique ids',
    pattern: /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
    becomes: '<uuid>',
  },
  {
    name: 'sandbox-id',
    what: 'ids that begin with a short word',
    pattern: /\b[a-z]{2,8}[-_](?=[0-9a-z]*\d)[0-9a-z]{12,}\b/gi,
    becomes: '<id>',
  },
  {
    name: 'time',
    what: 'dates and times of day',
    pattern:
      /\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?: ?[+-]\d\d:?\d\d|Z)?|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2} +(?:\d\d:\d\d(?::\d\d)?|\d{4})\b|\b\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)\b/g,
    becomes: '<time>',
  },
  {
    name: 'address',
    what: 'network addresses with their ports',
    pattern: /\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b/g,
    becomes: '<address>',
  },
  {
    name: 'hexadecimal',
    what: 'long hexadecimal numbers',
    pattern: /\b(?:0x)?(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi,
    becomes: '<hex>',
  },
  {
    name: 'duration',
    what: 'durations',
    pattern: /\b\d+(?:\.\d+)? ?(?:ms|µs|us|ns|s|sec|secs|seconds?|minutes?)\b/g,
    becomes: '<duration>',
  },
  {
    name: 'process-id',
    what: 'process ids',
    pattern: /(\bpid |\bprocess |\[)\d{1,8}(?=[\]\s:,.]|$)/gi,
    becomes: '$1<pid>',
  },
  { name: 'line', what: 'line numbers of a script', pattern: /\b(line |: ?)\d+(?=[:,]|\b)/g, becomes: '$1<n>' },
];

export function maskVolatile(text: string): string {
  return normalisers.reduce((masked, { pattern, becomes }) => masked.replace(pattern, becomes), text);
}
