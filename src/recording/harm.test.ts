/** What counts as the plan's doing, and what as an outage. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Harm } from './harm.ts';

let harm: Harm;
beforeEach(() => {
  harm = new Harm();
});

const injected = (step: number | null, fault: string, channel: string, { host = 'a.example', atMs = 0 } = {}): void =>
  harm.fault(step, { fault, means: 'physical', draw: { channel, name: host } }, atMs);
const connection = { host: 'a.example', isLookup: false };
const lookup = { host: 'a.example', isLookup: true };

it('a lookup that the resolver inside answers is no connection that fails: the outage after it is an outage (3)', () => {
  injected(1, 'network.no-name', 'lookup');
  expect(harm.broke(connection, 1)).toBe(false);
  expect(harm.brokeSince(1)).toBe(true);
});

it('a lookup for a proxy fails with its step, and none after it (3)', () => {
  injected(1, 'network.no-name', 'lookup');
  expect(harm.broke(lookup, 1)).toBe(true);
  expect(harm.brokeSince(0)).toBe(false);
  injected(2, 'network.no-name', 'lookup');
  harm.stepEnded(2, undefined);
  expect(harm.broke(lookup, 2)).toBe(false);
  expect(harm.brokeSince(2)).toBe(true);
});

it('a connection that fails after its step is the plan’s, and the destination counts as broken (3)', () => {
  injected(1, 'network.reset', 'connection');
  harm.stepEnded(1, undefined);
  expect(harm.broke(connection, 1)).toBe(true);
  expect(harm.brokeSince(1)).toBe(true);
});

it('so it is where nobody knows whose connection it was (3)', () => {
  injected(null, 'network.reset', 'connection');
  expect(harm.broke(connection, 1)).toBe(true);
  expect(harm.brokeSince(1)).toBe(true);
});

it('what was to fail and did not is forgotten after a while (3)', () => {
  injected(1, 'network.reset', 'connection');
  expect(harm.broke(connection, 60_001)).toBe(false);
  expect(harm.brokeSince(60_001)).toBe(true);
});

it('however many hosts there were, the last one’s connection is the plan’s (3)', () => {
  for (let at = 0; at < 1000; at++) injected(1, 'network.reset', 'connection', { host: `host-${at}` });
  injected(1, 'network.reset', 'connection', { host: 'host-999' });
  injected(1, 'network.reset', 'connection');
  expect(harm.broke({ host: 'host-999', isLookup: false }, 1)).toBe(true);
  expect(harm.broke({ host: 'host-999', isLookup: false }, 1)).toBe(true);
  expect(harm.broke(connection, 1)).toBe(true);
  expect(harm.brokeSince(0)).toBe(false);
});

describe('a process that ends while something is done to the sandbox', () => {
  const notice = { id: 'notice', kind: 'lifecycle.reap-notice' } as const;
  const told = (): void =>
    harm.fault(2, { fault: notice.kind, means: 'physical', draw: { id: notice.id, channel: 'call' } }, 0);
  const ended = (processId: string) => harm.processEnded(processId, 0)?.faulted;
  beforeEach(() => {
    for (const processId of ['prc-1', 'prc-2']) harm.processStarted(processId, 1, 0);
  });

  it('is the plan’s before that is told, and so is one whose end is heard after it, of whatever step (2)', () => {
    harm.coming(notice);
    expect(ended('prc-1')).toBe(true);
    told();
    expect(ended('prc-2')).toBe(true);
    harm.processStarted('prc-3', 3, 0);
    expect(ended('prc-3')).toBe(false);
  });

  it('is nobody’s when that turned out not to be possible, or harms nothing (2)', () => {
    harm.coming(notice);
    harm.missed(notice.id);
    expect(ended('prc-1')).toBe(false);
    harm.coming({ id: 'slow', kind: 'resources.cpu' });
    expect(ended('prc-2')).toBe(false);
  });
});
