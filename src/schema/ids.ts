/** Ids: a prefix that says what it is, then 80 random bits in Crockford base 32 behind a millisecond time, so they sort. */

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export const idPrefixes = {
  sandbox: 'sbx',
  snapshot: 'snp',
  layer: 'lay',
  process: 'prc',
  incarnation: 'inc',
  event: 'evt',
  call: 'cal',
  operation: 'opr',
  flow: 'flw',
  tape: 'tap',
  preview: 'prv',
  session: 'ses',
  watch: 'wat',
  canary: 'can',
  recording: 'rec',
  hold: 'hld',
  notice: 'ntc',
  stop: 'stp',
} as const;
export type IdKind = keyof typeof idPrefixes;

/** @param timeMs milliseconds since 1970 @param random at least 10 random bytes */
export function formatId(kind: IdKind, timeMs: number, random: Uint8Array): string {
  let rest = timeMs;
  let time = '';
  for (let digit = 0; digit < 10; digit++) {
    time = (alphabet[rest % 32] ?? '0') + time;
    rest = Math.floor(rest / 32);
  }
  let tail = '';
  let bits = 0;
  let held = 0;
  for (const byte of random.subarray(0, 10)) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      tail += alphabet[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return `${idPrefixes[kind]}-${time}${tail}`;
}

const random = /^[0-9a-hjkmnp-tv-z]{26}$/;

export function isId(kind: IdKind, text: string): boolean {
  const prefix = `${idPrefixes[kind]}-`;
  return text.startsWith(prefix) && random.test(text.slice(prefix.length));
}
