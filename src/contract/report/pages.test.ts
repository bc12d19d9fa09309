/** What every page must be: whole by itself, and not to be broken out of by anything that a runtime or a file says. */
import { describe, expect, it } from 'vitest';
import { syntheticProfile } from '../../../test/fixtures/synthetic-profile.ts';
import { diffContracts } from '../diff/index.ts';
import { type Contract, contractSchema } from '../document/index.ts';
import { type Observation, type Profile, sealProfile } from '../profile/index.ts';
import { shiftOf } from '../shift/index.ts';
import { dayMs, mayShip, verify } from '../verify/index.ts';
import { certificatePage, diffPage, gatePage, plainName, profilePage, shiftPage } from './index.ts';

const nowMs = Date.UTC(2026, 10, 28);
const evil = '</title></svg><script>alert(1)</script>"\'&';
const seen = (value: string): Observation => ({
  id: 'exec.timeout.status',
  section: 'exec',
  kind: 'value',
  value,
  readings: 12,
});
const contractOf = (version: string, p99Ms: number): Contract =>
  contractSchema.parse({
    format: 'holdfast-contract/1',
    contract: `my-agent/${version}`,
    date: '2026-11-28',
    fields: { 'exec.timeout.status': { value: 'exit 124' }, 'exec.streams': { value: 'apart' } },
    latency: { 'exec.shell': { class: 'instant', p50Ms: [0, 20], p99Ms: [1, p99Ms], timeoutProbability: 0.01 } },
  });

/** All of its texts would like to be markup. */
function hostile(value: string, seed: string): Profile {
  const { digest: _, ...body } = syntheticProfile({ seed, rounds: 12, observations: [seen(value)] });
  const troubles = [{ side: 'runtime' as const, code: evil, message: evil, during: evil }];
  const series = body.latency.series.map((one) => (one.operation === 'exec.true' ? { ...one, operation: evil } : one));
  return sealProfile({
    ...body,
    target: { ...body.target, title: evil, facts: { image: evil } },
    sessions: body.sessions.map((session) => ({ ...session, troubles })),
    latency: { ...body.latency, series, unmeasured: [{ operation: evil, reason: evil }] },
  });
}

const [first, second] = [hostile('exit 124', 'one'), hostile(evil, 'two')];
const [contract, next] = [contractOf('1.0.0', 100), contractOf('1.1.0', 400)];
const certify = (profile: Profile) => verify({ contract, profile, label: evil, nowMs, validMs: dayMs });
const [train, production] = [first, second].map((profile) => ({ certificate: certify(profile), contract, profile }));
if (!train || !production) throw new Error('there are two sides');
const now = { nowMs, suite: train.profile.suite.digest, prober: null, daemon: null };
const gate = mayShip({ train, production, now, worstGrade: 'C' });

/** Each with words that only a page that says something has, and how many plots it must have. */
const pages: [name: string, text: string, said: string, plots: number][] = [
  ['profile', profilePage(first), 'of 1 field were read the same each time.', 24],
  [
    'certificate',
    certificatePage(certify(second), { contract, profile: second }),
    'This runtime breaks the contract.',
    24,
  ],
  ['diff', diffPage(diffContracts(contract, next, { today: '2026-11-28' }), contract, next), 'can stop working', 1],
  ['shift', shiftPage(shiftOf(first, second), first, second), 'exit 124', 25],
  ['gate', gatePage(gate, { train, production }), 'No, do not ship.', 25],
];

describe('a page', () => {
  it.each(pages)('of a %s says it, with plots, and needs nothing else', (_, text, said, plots) => {
    expect(text).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    expect(text).toContain(said);
    expect(text.match(/<svg class="plot"/g)).toHaveLength(plots);
    expect(text).not.toMatch(/NaN|undefined|\[object|Infinity|(src|href)=|url\(|@import/);
  });

  it.each(pages)('of a %s lets nothing break out', (name, text) => {
    expect(text).not.toMatch(/<script|<\/title><\/svg>/);
    if (name !== 'diff') expect(text).toContain('&lt;script&gt;');
    expect(unclosed(text)).toEqual([]);
  });
});

describe('a name in plain words', () => {
  it.each([
    ['exec.timeout.status', 'status of a command that ran out of time'],
    ['messages.failures.missing-file', 'status and text of a missing file'],
    ['latency.exec.noop.class', 'a command that does nothing'],
    ['latency.lifecycle.open', 'opening a session'],
    ['latency.nobodys', null],
  ])('of %s is %s', (what, words) => {
    expect(plainName(what)).toBe(words);
  });
});

/** Elements that were opened and not closed in their turn. */
function unclosed(text: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, end, name = '', rest = ''] of text.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:[^>"]|"[^"]*")*)>/g)) {
    if (['meta', 'br', 'hr'].includes(name) || rest.endsWith('/')) continue;
    if (end === '') open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open];
}
