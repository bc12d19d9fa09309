/**
 * A message with what varies masked, so that two machines' words for the same thing are one template.
 *
 * Method: typed masks in a fixed order, as Drain3 does before its tree (logpai/Drain3). The tree itself is not needed:
 * messages here come from known probes, a few dozen per profile.
 *
 * 1. Masking is idempotent.
 */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<UUID>'],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?/g, '<TIME>'],
  [/\b\d\d:\d\d:\d\d(?:\.\d+)?\b/g, '<TIME>'],
  [/\bhttps?:\/\/[^\s'"<>]+/gi, '<URL>'],
  [/(?<![\w:.])\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '<IP>'],
  [/(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b/gi, '<IP>'],
  [/\b0x[0-9a-f]+\b/gi, '<HEX>'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b/gi, '<HEX>'],
  [/(?<![\w>/.])(?:\/[\w.@+~-]+)+\/?/g, '<PATH>'],
  [/\bpid[ =:]*\d+/gi, 'pid <N>'],
  [/\b\d+(?:\.\d+)? ?(?:ns|us|µs|ms|s|sec|seconds?|minutes?|min)\b/g, '<DURATION>'],
  [/\b\d+(?:[.,]\d+)*\b/g, '<N>'],
];

const longestTemplate = 400;

export function templateOf(message: string): string {
  const masked = masks.reduce((text, [pattern, mask]) => text.replace(pattern, mask), message.normalize('NFC'));
  return masked
    .replace(/[‘’`"]/g, "'")
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, longestTemplate)
    .trimEnd();
}
