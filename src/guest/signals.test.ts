import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { signalName, signalNumber } from './signals.ts';

describe('signals', () => {
  it('are those of this Linux', () => {
    const aliases = ['SIGIOT', 'SIGPOLL', 'SIGUNUSED'];
    const known = Object.entries(constants.signals).filter(([name]) => !aliases.includes(name));
    expect(known.length).toBeGreaterThan(28);
    for (const [name, number] of known) {
      expect([signalNumber(name), signalName(number)]).toEqual([number, name]);
    }
  });

  it('are found by short name, number and real-time offset', () => {
    expect([signalNumber('term'), signalNumber('KILL'), signalNumber(9), signalNumber('SIGRTMIN+2')]).toEqual([
      15, 9, 9, 36,
    ]);
    for (let number = 34; number <= 64; number++) expect(signalNumber(signalName(number))).toBe(number);
  });

  it('are refused when there is no such', () => {
    for (const bad of ['', 'SIG', 'SIGNOPE', 'SIGRTMIN+31', 0, 65, 1.5]) {
      expect(() => signalNumber(bad)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    }
    for (const bad of [0, 32, 33, 65])
      expect(() => signalName(bad)).toThrow(expect.objectContaining({ code: 'guest-protocol' }));
  });
});
