/** What zod says of a value, as a sentence about it: `must be at least 1`, `takes a, b`. What no line knows stays as it is. */
export function issueWords(message: string): string {
  const [, side, verb, sign, bound = '', unit] =
    /^Too (small|big): expected \w+ to (be|have) ([<>]=?)(-?[\d.]+)(?: (\w+))?$/.exec(message) ?? [];
  if (side !== undefined) {
    const most = side === 'small' ? ['at least', 'more than'] : ['at most', 'less than'];
    const amount = unit === undefined ? bound : `${bound} ${bound === '1' ? unit.replace(/s$/, '') : unit}`;
    return `must ${verb} ${most[sign?.endsWith('=') ? 0 : 1]} ${amount}`;
  }
  const [, options] = /^Invalid option: expected one of (.+)$/.exec(message) ?? [];
  if (options !== undefined) return `takes ${options.replaceAll('"', '').split('|').join(', ')}`;
  const [, wanted = '', given] = /^Invalid input: expected ([\w"./-]+)(?:, received (\w+))?$/.exec(message) ?? [];
  const kind = kinds[wanted];
  if (given === 'undefined') return kind === undefined ? 'is missing' : `is missing, and must be ${kind}`;
  if (kind !== undefined) return `must be ${kind}`;
  return wanted.startsWith('"') ? `takes ${wanted.slice(1, -1)}` : message;
}

const kinds: Readonly<Record<string, string>> = {
  object: 'an object of names and values',
  record: 'an object of names and values',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};
