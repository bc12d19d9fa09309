/**
 * One line of the journal: an entry as canonical JSON, its hash chained to the line before.
 *
 * 1. hash = sha256 over the previous line's hash (hex) followed by the entry's canonical form without its two hashes.
 * 2. An entry has exactly one spelling: a line whose bytes are not that spelling is damaged, whatever it parses to.
 */
import { hash as digest } from 'node:crypto';
import { canonicalJson } from '../base/index.ts';
import type { JournalEntry } from '../schema/index.ts';
import { type DecodedLine, damaged, type LogFormat, type SpelledLine } from './log-format.ts';

export const journalFormat: LogFormat<JournalEntry> = {
  name: 'journal',
  code: 'journal-corrupt',
  hint: 'The journal was changed after it was written: keep the file, and start with a new state directory.',
  decode: decodeLine,
};

export function encodeLine(facts: Omit<JournalEntry, 'hash' | 'previousHash'>, previousHash: string): SpelledLine {
  // The two hashes sort between `body` and `sandbox`, so the line is the hashed text with them put in between.
  const head = `{"at":${canonicalJson(facts.at)},"body":${canonicalJson(facts.body)}`;
  const tail =
    `,"sandbox":${canonicalJson(facts.sandbox)},"sequence":${canonicalJson(facts.sequence)}` +
    `,"tenant":${canonicalJson(facts.tenant)},"type":${canonicalJson(facts.type)}}`;
  const hash = digest('sha256', previousHash + head + tail, 'hex');
  return { text: `${head},"hash":"${hash}","previousHash":"${previousHash}"${tail}\n`, hash };
}

function decodeLine(line: Buffer): DecodedLine<JournalEntry> {
  const entry = parse(line);
  if (!entry) return damaged('it is not a journal entry', null, null);
  const spelled = encodeLine(entry, entry.previousHash);
  if (spelled.hash !== entry.hash) {
    return damaged('its hash is not the hash of its content', spelled.hash, entry.hash);
  }
  if (!Buffer.from(spelled.text).subarray(0, -1).equals(line)) {
    return damaged('it is not spelled as it was written', spelled.hash, digest('sha256', line, 'hex'));
  }
  return { entry, problem: null };
}

function parse(line: Buffer): JournalEntry | null {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch {
    return null;
  }
  return isEntry(value) ? value : null;
}

function isEntry(value: unknown): value is JournalEntry {
  if (!isObject(value)) return false;
  return (
    Object.keys(value).length === 8 &&
    Number.isSafeInteger(value['sequence']) &&
    ['at', 'tenant', 'type', 'hash', 'previousHash'].every((field) => typeof value[field] === 'string') &&
    (value['sandbox'] === null || typeof value['sandbox'] === 'string') &&
    isObject(value['body'])
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
