/**
 * What a mail server found out about a mail's sender, as it writes it into the mail (RFC 8601). A mail's `From` is whatever its sender
 * wrote: only what our own mail server says of it is believed, and only where all that stands there in its name says the same.
 */

export interface Header {
  /** In lower case. */
  name: string;
  value: string;
}

interface Result {
  method: string;
  result: string;
  /** By `type.property`, in lower case. */
  properties: ReadonlyMap<string, string>;
}

const mostHeaderBytes = 256 * 1024;

/** As they stand in the mail, from above, each in one line; null when they are too long, or no headers. */
export function headersOf(raw: Uint8Array): Header[] | null {
  const head = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.byteLength, mostHeaderBytes)).toString('latin1');
  const end = /\r?\n\r?\n/.exec(head)?.index ?? (raw.byteLength < mostHeaderBytes ? head.length : null);
  if (end === null) return null;
  const lines = head
    .slice(0, end)
    .replaceAll(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/)
    .filter((line) => line !== '');
  const headers = lines.map((line) => /^([!-9;-~]+)[ \t]*:[ \t]*(.*)$/.exec(line));
  if (headers.some((header) => header === null)) return null;
  return headers.map((header) => ({ name: (header?.[1] ?? '').toLowerCase(), value: (header?.[2] ?? '').trim() }));
}

/** Whether the mail server of that name found that the mail comes from that domain (DMARC). */
export function isFromDomain(headers: readonly Header[], verifier: string, domain: string): boolean {
  const found = headers
    .filter(({ name }) => name === 'authentication-results')
    .flatMap(({ value }) => resultsOf(value, verifier))
    .filter(({ method }) => method === 'dmarc');
  const says = ({ result, properties }: Result): boolean =>
    result === 'pass' && properties.get('header.from') === domain;
  return found.length > 0 && found.every(says);
}

/** Of one header; nothing when it is in somebody else's name. */
function resultsOf(value: string, verifier: string): Result[] {
  const [who = '', ...results] = partsOf(value);
  if (who.split(/\s+/)[0]?.toLowerCase() !== verifier.toLowerCase()) return [];
  return results.flatMap((text) => {
    const [, method, result] = /^([a-z0-9-]+)(?:\s*\/\s*\d+)?\s*=\s*([a-z]+)/i.exec(text) ?? [];
    if (method === undefined || result === undefined) return [];
    const properties = new Map<string, string>();
    for (const [, name = '', said = ''] of text.matchAll(/([a-z0-9-]+\.[a-z0-9._-]+)\s*=\s*("[^"]*"|[^\s"]+)/gi)) {
      properties.set(name.toLowerCase(), said.replaceAll('"', '').toLowerCase());
    }
    return [{ method: method.toLowerCase(), result: result.toLowerCase(), properties }];
  });
}

/** Between semicolons, without comments; what is quoted is kept as it is. */
function partsOf(value: string): string[] {
  const parts = [''];
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < value.length; at++) {
    const letter = value[at] ?? '';
    const isEscaped = letter === '\\' && (isQuoted || depth > 0);
    if (isEscaped) at++;
    else if (letter === '"' && depth === 0) isQuoted = !isQuoted;
    else if (letter === '(' && !isQuoted) depth++;
    else if (letter === ')' && depth > 0) depth--;
    if (isEscaped || depth > 0 || (letter === ')' && !isQuoted)) continue;
    if (letter === ';' && !isQuoted) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}
