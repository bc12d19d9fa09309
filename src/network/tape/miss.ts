/**
 * Says why the tape has no answer: the closest recordings and what is different about them. Names of parameters and
 * places in a body, never values: the sandbox reads it, and so does a log.
 */
import type { Decision } from '../../schema/index.ts';
import type { RequestQuestion } from '../types.ts';
import { canonicalTarget, hostKey, isJsonHeaders, jsonByValue, pathOf } from './canonical.ts';
import type { Exchange } from './format.ts';
import { type Asked, type Known, placeKey } from './ladder.ts';
import { differences } from './pointers.ts';

const comparedCandidates = 16;
const namedCandidates = 3;
const namedDifferences = 3;
const namedPaths = 3;
/** Longer bodies are not compared place by place. */
export const comparedBytes: number = 64 * 1024;

/** What the tape knows of where requests went, for telling why one of them has no answer. */
export class Places {
  readonly #byPlace = new Map<string, Known[]>();
  readonly #paths = new Map<string, Set<string>>();

  add(known: Known, { host, target }: { host: string; target: string }): void {
    const key = placeKey(host, target);
    const there = this.#byPlace.get(key);
    if (there) there.push(known);
    else this.#byPlace.set(key, [known]);
    const paths = this.#paths.get(hostKey(host)) ?? new Set();
    if (paths.size < namedPaths) paths.add(pathOf(target));
    this.#paths.set(hostKey(host), paths);
  }

  at({ host, target }: RequestQuestion): Known[] {
    return (this.#byPlace.get(placeKey(host, target)) ?? []).slice(0, comparedCandidates);
  }

  hosts(): string[] {
    return [...this.#paths.keys()];
  }

  paths(host: string): string[] {
    return [...(this.#paths.get(hostKey(host)) ?? [])];
  }
}

export interface Candidate {
  known: Known;
  exchange: Exchange;
  /** Its request's body, when it can be compared. */
  body: Buffer | null;
}

export function explainMiss(tape: string, asked: Asked, places: Places, candidates: readonly Candidate[]): Decision {
  const { method, scheme, host, port, target } = asked.question;
  const what = `${method} ${scheme}://${host}:${port}${shorten(pathOf(target))}`;
  const because = candidates.length > 0 ? closest(asked, candidates) : elsewhere(host, places);
  return missDecision(`the tape ${tape} has no answer to ${what}: ${because}`);
}

export function missDecision(message: string): Decision {
  return {
    allowed: false,
    code: 'tape-miss',
    rule: null,
    message: `${message}. Nothing was sent; trying again does not help.`,
    hint: 'Record the tape again with this request, or give the tape a rule that overlooks what differs.',
  };
}

function closest(asked: Asked, candidates: readonly Candidate[]): string {
  const described = candidates
    .map((candidate) => ({ number: candidate.known.number, reasons: reasons(asked, candidate) }))
    .sort((a, b) => a.reasons.length - b.reasons.length || a.number - b.number)
    .slice(0, namedCandidates)
    .map(
      ({ number, reasons: why }) =>
        `exchange ${number} (${why.length === 0 ? 'the same, already given' : why.join('; ')})`,
    );
  return `closest ${described.length === 1 ? 'is' : 'are'} ${described.join(', ')}`;
}

function reasons({ question, ...asked }: Asked, { exchange: { request }, body }: Candidate): string[] {
  const found: string[] = [];
  if (request.method !== question.method) found.push(`its method is ${request.method}`);
  if (request.scheme !== question.scheme || request.port !== question.port) {
    found.push(`it went to ${request.scheme}, port ${request.port}`);
  }
  const query = differentParameters(question.target, request.target);
  if (query.length > 0) found.push(`other query parameters: ${query.map(shorten).join(', ')}`);
  if (request.body.cut !== null) found.push('the tape does not have all of its request body');
  else if ((request.canonical ?? request.body.content.digest) !== (asked.canonical ?? asked.digest)) {
    found.push(bodyReason(asked, request.headers, body));
  }
  return found;
}

function bodyReason(asked: Omit<Asked, 'question'>, headers: string[], body: Buffer | null): string {
  if (!asked.body || !body || !isJsonHeaders(headers) || !isJsonHeaders(asked.headers)) return 'another body';
  const [ours, theirs] = [jsonByValue(asked.body), jsonByValue(body)];
  if (ours === undefined || theirs === undefined) return 'another body';
  const places = differences(ours, theirs, namedDifferences);
  return places.length === 0 ? 'another body' : `another body at ${places.map(shorten).join(', ')}`;
}

function differentParameters(a: string, b: string): string[] {
  const count = new Map<string, number>();
  for (const [sign, target] of [
    [1, a],
    [-1, b],
  ] as const) {
    for (const pair of canonicalTarget(target).query) {
      const key = JSON.stringify(pair);
      count.set(key, (count.get(key) ?? 0) + sign);
    }
  }
  // Pairs that were made into JSON just above.
  const names = [...count].filter(([, left]) => left !== 0).map(([key]) => (JSON.parse(key) as [string, string])[0]);
  return [...new Set(names)].slice(0, namedDifferences);
}

function elsewhere(host: string, places: Places): string {
  const paths = places.paths(host);
  if (paths.length > 0) return `of this host it has other paths, e.g. ${paths.map(shorten).join(', ')}`;
  const hosts = places.hosts();
  const named = hosts.slice(0, namedPaths).join(', ');
  return hosts.length === 0
    ? 'it has no exchange at all'
    : `it has nothing of this host, only of ${named}${hosts.length > namedPaths ? '...' : ''}`;
}

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}...` : text);
