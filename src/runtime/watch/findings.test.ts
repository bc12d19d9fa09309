import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Drift, DriftReport } from '../../contract/index.ts';
import { openStore, type Store, type WatchRecord } from '../../state/index.ts';
import { settleFindings } from './findings.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-findings-'));
let store: Store;
beforeAll(() => {
  store = openStore({ home });
});
afterAll(() => {
  store.close();
  rmSync(home, { recursive: true });
});

const watch: WatchRecord = {
  id: 'wat-1',
  contract: null,
  isolation: 'namespace',
  template: 'host',
  everyMs: 60_000,
  createdAt: '2026-01-01T00:00:00.000Z',
  nextMs: 0,
};
const drift: Drift = {
  fingerprint: '0123456789ab',
  severity: 'major',
  field: 'identity.umask',
  rule: 'observed-value',
  from: '0022',
  to: '0077',
  consequence: 'files are not readable',
};
const report = (drifts: Drift[], couldSee = true): DriftReport => ({
  drifts,
  free: [],
  latencyJudged: false,
  couldSee: () => couldSee,
});
const at = (hour: number): string => `2026-01-01T${String(hour).padStart(2, '0')}:00:00.000Z`;
const settle = (hour: number, drifts: Drift[], couldSee = true): string[] =>
  settleFindings(store.watches, watch, report(drifts, couldSee), at(hour)).map(({ type }) => type);

describe('findings', () => {
  it('open once, count, survive what could not be seen, close, and open again (1, 2)', () => {
    store.watches.insert(watch);
    const known = (): unknown => store.watches.getFinding('0123456789ab');
    expect(settle(1, [drift])).toEqual(['finding-opened']);
    expect(settle(2, [drift])).toEqual([]);
    expect(known()).toMatchObject({ state: 'open', seen: 2, firstSeenAt: at(1), lastSeenAt: at(2) });
    expect(settle(3, [], false)).toEqual([]);
    expect(known()).toMatchObject({ state: 'open', seen: 2 });
    expect(settle(4, [])).toEqual(['finding-closed']);
    expect(settle(5, [])).toEqual([]);
    expect(known()).toMatchObject({ state: 'closed', closedAt: at(4) });
    expect(settle(6, [drift])).toEqual(['finding-opened']);
    expect(known()).toMatchObject({ state: 'open', seen: 3, firstSeenAt: at(1), closedAt: null });
  });

  it('stay acknowledged while they are there, and are gone with their watch', () => {
    const known = store.watches.getFinding('0123456789ab');
    if (!known) throw new Error('the finding is not there');
    store.watches.putFinding({ ...known, state: 'acknowledged', note: 'known' });
    expect(settle(7, [drift])).toEqual([]);
    expect(store.watches.getFinding('0123456789ab')).toMatchObject({ state: 'acknowledged', note: 'known', seen: 4 });
    expect(store.watches.remove('wat-1')).toBe(true);
    expect(store.watches.findings({})).toEqual([]);
  });
});
