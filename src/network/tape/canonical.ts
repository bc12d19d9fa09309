/**
 * What a request means, apart from how it is spelled.
 *
 * 1. Two requests that a server could tell apart by their content never become one: what cannot be read by value (a number
 *    that JavaScript would round, a bad escape) keeps its spelling.
 * 2. Recorder and player use the same functions, so the digests on a tape can be compared with fresh ones.
 */
import { hash } from 'node:crypto';
import { canonicalJson } from '../../state/index.ts';
import { codingsIn, decodedWhole } from '../mediation/codings.ts';
import type { RawHeaders } from '../types.ts';
import { canonicalBytes } from './format.ts';

/** Parameters that exist to defeat caches. */
const cacheBusters = new Set(['_', '_dc', 'cb', 'nocache', 'cachebust', 'cachebuster', 'cache_buster']);
/** Parameters that are left out when their value is a time in seconds or milliseconds, or a fraction as Math.random makes. */
const timeLike = new Set(['t', 'ts', 'time', 'timestamp', 'rnd', 'rand', 'random']);
const timeValue = /^(\d{10}|\d{13}|0\.\d+)$/;

/** Reading each number with its source takes about a third of a second per MiB at worst, on the gateway's one thread. */
const exactReadingBytes = 1024 * 1024;

export interface CanonicalTarget {
  path: string;
  /** Sorted by name; repeated names keep their order. */
  query: [string, string][];
}

export function canonicalTarget(target: string): CanonicalTarget {
  const mark = target.indexOf('?');
  if (mark < 0) return { path: target, query: [] };
  const query = pairs(target.slice(mark + 1)).filter(([name, value]) => !isVolatile(name, value));
  return { path: target.slice(0, mark), query };
}

export const pathOf = (target: string): string => target.split('?', 1)[0] ?? target;

function isVolatile(name: string, value: string): boolean {
  const lower = name.toLowerCase();
  return cacheBusters.has(lower) || lower.startsWith('utm_') || (timeLike.has(lower) && timeValue.test(value));
}

function pairs(text: string): [string, string][] {
  const found = text
    .split('&')
    .filter((part) => part !== '')
    .map((part): [string, string] => {
      const equals = part.indexOf('=');
      return equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))];
    });
  return found.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

export const hostKey = (host: string): string => host.toLowerCase().replace(/\.$/, '');

/** The digest of the body by value, or null when it is of no kind that has one. Coded: of what is coded. */
export function canonicalBody(headers: RawHeaders, body: Buffer): string | null {
  if (body.length === 0 || body.length > canonicalBytes) return null;
  const codings = codingsIn(headers);
  if (codings.length === 0) return canonicalPlain(headers, body);
  const plain = decodedWhole(body, codings, canonicalBytes);
  return plain && sha256(`coded:${canonicalPlain(headers, plain) ?? sha256(plain)}`);
}

function canonicalPlain(headers: RawHeaders, body: Buffer): string | null {
  const type = headerValue(headers, 'content-type')?.toLowerCase() ?? '';
  const media = type.split(';', 1)[0]?.trim() ?? '';
  if (isJson(media)) {
    const value = jsonByValue(body);
    return value === undefined ? null : digestOfJson(value);
  }
  if (media === 'application/x-www-form-urlencoded')
    return sha256(`form:${JSON.stringify(pairs(body.toString('latin1')))}`);
  if (media === 'multipart/form-data') return withoutBoundary(headerValue(headers, 'content-type') ?? '', body);
  return null;
}

/** Null when it has no canonical text: too deep, or half of a surrogate pair. */
export function digestOfJson(value: unknown): string | null {
  try {
    return sha256(`json:${canonicalJson(value)}`);
  } catch {
    return null;
  }
}

const isJson = (media: string): boolean => media === 'application/json' || media.endsWith('+json');

export function isJsonHeaders(headers: RawHeaders): boolean {
  return isJson(headerValue(headers, 'content-type')?.toLowerCase().split(';', 1)[0]?.trim() ?? '');
}

/** Undefined when it is no JSON, or has a number that would not survive being read. */
export function jsonByValue(body: Buffer): unknown {
  const text = body.toString('utf8');
  // Only long digits can be rounded; reading with the source of each number is many times slower.
  const isExact = !/\d(?:\.?\d){15}|\d[eE]/.test(text);
  if (!isExact && body.length > exactReadingBytes) return undefined;
  try {
    return isExact ? JSON.parse(text) : JSON.parse(text, exactNumbers);
  } catch {
    return undefined;
  }
}

/** A number that JavaScript cannot hold as it is written stays text, marked so that no string is equal to it. */
function exactNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined || String(value) === context.source) return value;
  return { 'number as written': context.source };
}

/** Every client makes a boundary up for each request. */
function withoutBoundary(contentType: string, body: Buffer): string | null {
  const match = /boundary=(?:"([^"]{1,70})"|([^\s;,]{1,70}))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) return null;
  return sha256(`multipart:${body.toString('latin1').replaceAll(`--${boundary}`, '--boundary')}`);
}

/** All values of a header as one, or null. @param name lower case */
export function headerValue(headers: RawHeaders, name: string): string | null {
  const values: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === name) values.push(headers[index + 1] ?? '');
  }
  return values.length === 0 ? null : values.join(', ');
}

export const sha256 = (data: string | Uint8Array): string => hash('sha256', data, 'hex');
