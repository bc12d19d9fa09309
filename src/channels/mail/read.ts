/**
 * One mail, as our mail server hands it on: who wrote what, or why it is not for an agent.
 *
 * 1. It is its sender's only if the mail server that is named says so (results.ts); its one `From` has one address, in plain letters.
 * 2. What programs send by themselves, such as a bounce or a note of absence, is taken and never answered.
 * 3. It is private where nobody but its sender and the channel's own address is named in it; else it belongs to its thread.
 */
import { createHash } from 'node:crypto';
import PostalMime, { addressParser } from 'postal-mime';
import type { Inbound } from '../types.ts';
import { type Header, headersOf, isFromDomain } from './results.ts';
import { plainOf, spokenOf } from './spoken.ts';

/** What an answer needs to be found beside the mail that it answers. */
export interface Answerable {
  subject: string;
  /** Without its angle brackets. */
  messageId: string | null;
  references: string[];
}

export type ReadMail =
  | { type: 'message'; message: Inbound; answerable: Answerable }
  /** Taken, and nothing comes of it. */
  | { type: 'ignored'; why: string }
  | { type: 'refused'; why: string };

export interface MailPlace {
  /** The channel's own address, in lower case. */
  address: string;
  verifier: string;
}

const mostNesting = 20;
const mostSubject = 200;
const mostReferences = 20;
const longestAddress = 254;
const longestDate = 100;

/** @param bounced there is nobody to answer to, as the mail server was told */
export async function readMail(
  raw: Uint8Array,
  { address: own, verifier }: MailPlace,
  { bounced, nowMs }: { bounced: boolean; nowMs: number },
): Promise<ReadMail> {
  const headers = headersOf(raw);
  if (!headers) return { type: 'refused', why: 'its headers cannot be read' };
  const address = senderOf(headers);
  if (address === null) return { type: 'refused', why: 'it has not one From with one address' };
  if (!isFromDomain(headers, verifier, address.slice(address.lastIndexOf('@') + 1))) {
    return { type: 'refused', why: `it is not shown to come from its sender: ${verifier} says no dmarc=pass` };
  }
  if (bounced || isAutomatic(headers) || address === own) return { type: 'ignored', why: 'a program sent it' };
  const parsed = await PostalMime.parse(raw, { maxNestingDepth: mostNesting }).catch(() => null);
  if (!parsed) return { type: 'refused', why: 'it cannot be read' };
  const text = spokenOf(parsed.text ?? plainOf(parsed.html ?? ''));
  if (text === '') return { type: 'refused', why: 'it has no text' };
  const ids = (name: string): string[] => idsIn(fieldOf(headers, name));
  const messageId = ids('message-id')[0] ?? null;
  const references = [...new Set([...ids('references'), ...ids('in-reply-to')])];
  const isPrivate = isPrivateTo(headers, own);
  const root = references[0] ?? messageId ?? address;
  return {
    type: 'message',
    message: {
      // Nobody takes up the id of somebody else's mail.
      event: digestOf([address, messageId ?? digestOf([Buffer.from(raw).toString('latin1')])]),
      address,
      thread: isPrivate ? address : `thread ${digestOf([root]).slice(0, 32)}`,
      isPrivate,
      text,
      sentMs: Math.min(nowMs, sentMsOf(fieldOf(headers, 'date')) ?? nowMs),
    },
    answerable: {
      subject: (parsed.subject ?? '').replaceAll(/\s+/g, ' ').trim().slice(0, mostSubject),
      messageId,
      references: references.slice(-mostReferences),
    },
  };
}

const digestOf = (parts: readonly string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

const fieldOf = (headers: readonly Header[], name: string): string =>
  headers.find((header) => header.name === name)?.value ?? '';

const idsIn = (value: string): string[] => [...value.matchAll(/<([!-;=?-~]{1,250})>/g)].map(([, id = '']) => id);

function senderOf(headers: readonly Header[]): string | null {
  const from = headers.filter(({ name }) => name === 'from');
  const [one, ...more] = from.flatMap(({ value }) => addressParser(value));
  if (from.length !== 1 || !one || more.length > 0 || !('address' in one)) return null;
  const address = (one.address ?? '').toLowerCase();
  const isPlain = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(address);
  return isPlain && address.length <= longestAddress ? address : null;
}

function isAutomatic(headers: readonly Header[]): boolean {
  const said = fieldOf(headers, 'auto-submitted').toLowerCase();
  const isList = headers.some(({ name }) => name === 'list-id' || name === 'list-unsubscribe');
  const isBulk = /^(bulk|list|junk|auto_reply)$/.test(fieldOf(headers, 'precedence').toLowerCase());
  return (said !== '' && said !== 'no') || isList || isBulk;
}

function isPrivateTo(headers: readonly Header[], own: string): boolean {
  const named = headers
    .filter(({ name }) => name === 'to' || name === 'cc')
    .flatMap(({ value }) => addressParser(value, { flatten: true }));
  const [one, ...more] = named.map(({ address }) => (address ?? '').toLowerCase());
  return one === own && more.length === 0;
}

function sentMsOf(date: string): number | null {
  const ms = Date.parse(date.slice(0, longestDate).replace(/\(.*\)\s*$/, ''));
  return Number.isNaN(ms) ? null : ms;
}
