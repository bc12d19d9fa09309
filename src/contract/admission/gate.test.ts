import { describe, expect, it } from 'vitest';
import { CeilingGate, windowMs } from './gate.ts';

/** One call per sandbox of ten and tick of 10 ms. */
function feed(gate: CeilingGate, { from, count, ms }: { from: number; count: number; ms: number }): number {
  for (let at = 0; at < count; at++) gate.add(`sbx-${at % 10}`, ms, from + at * 10);
  return from + count * 10;
}

describe('a ceiling', () => {
  it('refuses nothing where nothing was measured (1)', () => {
    expect(new CeilingGate(100).look(0)).toEqual({ open: true, samples: 0, late: 0, p99Ms: null });
  });

  it('closes when more calls are late than was promised, and not for one (2)', () => {
    const gate = new CeilingGate(100);
    let now = feed(gate, { from: 0, count: 100, ms: 20 });
    now = feed(gate, { from: now, count: 1, ms: 500 });
    expect(gate.look(now)).toMatchObject({ open: true, late: 1, samples: 101 });
    now = feed(gate, { from: now, count: 8, ms: 500 });
    expect(gate.look(now)).toMatchObject({ open: false, late: 9, p99Ms: 500 });
  });

  it('needs measurements enough to say so (2)', () => {
    const gate = new CeilingGate(100);
    const now = feed(gate, { from: 0, count: 19, ms: 500 });
    expect(gate.look(now).open).toBe(true);
    expect(gate.look(feed(gate, { from: now, count: 1, ms: 500 })).open).toBe(false);
  });

  it('stays closed while calls are only just below it, and opens after a calm stretch (3)', () => {
    const gate = new CeilingGate(100);
    let now = feed(gate, { from: 0, count: 40, ms: 500 });
    expect(gate.look(now).open).toBe(false);
    now = feed(gate, { from: now + 20_000, count: 40, ms: 95 });
    expect(gate.look(now).open).toBe(false);
    now = feed(gate, { from: now + 16_000, count: 40, ms: 50 });
    expect(gate.look(now).open).toBe(true);
    expect(gate.look(now + 1).open).toBe(true);
  });

  it('opens when what was measured is too old to say anything (1)', () => {
    const gate = new CeilingGate(100);
    const now = feed(gate, { from: 0, count: 40, ms: 500 });
    expect(gate.look(now).open).toBe(false);
    expect(gate.look(now + windowMs)).toMatchObject({ open: true, samples: 0 });
  });

  it('hears each sandbox only so often (4)', () => {
    const gate = new CeilingGate(100);
    let now = feed(gate, { from: 0, count: 640, ms: 10 });
    for (let at = 0; at < 5000; at++) gate.add('sbx-0', 10, now++);
    expect(gate.look(now).samples).toBe(640);
  });
});
