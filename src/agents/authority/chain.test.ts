import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginChain, type Chain, type ChainLink, extendChain, verifyChain } from './chain.ts';

const key = new Uint8Array(32).fill(1);
const root = { tenant: 'acme', person: 'ada' };
const link = (agent: string, more: Partial<ChainLink> = {}): ChainLink => ({
  agent,
  manifest: `digest of ${agent}`,
  capabilities: ['a:x', 'b:x', 'c:x'],
  limits: { steps: 10, tokens: 10, cents: 10, wallMs: 10, depth: 3 },
  expiresMs: null,
  ...more,
});
const refused = expect.objectContaining({ code: 'forbidden' });

describe('a chain of authority', () => {
  it('keeps person and tenant of its first link, whatever comes below (1)', () => {
    const chain = extendChain(beginChain(key, root, link('top')), link('below'));
    expect(verifyChain(key, chain, 0)).toMatchObject({ tenant: 'acme', person: 'ada', agents: ['top', 'below'] });
    for (const forged of [
      { ...root, tenant: 'evil' },
      { ...root, person: 'root' },
    ]) {
      expect(() => verifyChain(key, { ...chain, root: forged }, 0)).toThrow(refused);
    }
  });

  it('only gets narrower (2)', () => {
    const limits = { steps: 500, tokens: 5, cents: 5000, wallMs: 10, depth: 9 };
    const wide = link('below', { capabilities: ['b:x', 'z:x'], limits, expiresMs: 50 });
    const chain = extendChain(beginChain(key, root, link('top', { expiresMs: 100 })), wide);
    const authority = verifyChain(key, chain, 49);
    expect([...authority.capabilities]).toEqual(['b:x']);
    expect(authority.limits).toEqual({ steps: 10, tokens: 5, cents: 10, wallMs: 10, depth: 3 });
    expect(() => verifyChain(key, chain, 50)).toThrow(refused);
  });

  it('is refused when anything of it was changed, dropped, reordered or made with another key (3)', () => {
    const chain = ['b', 'c', 'd', 'e'].reduce(
      (above, name) => extendChain(above, link(name)),
      beginChain(key, root, link('a')),
    );
    expect(verifyChain(key, chain, 0).agents).toEqual(['a', 'b', 'c', 'd', 'e']);
    const [first, second, ...rest] = chain.links as [ChainLink, ChainLink, ...ChainLink[]];
    const forgeries: Chain[] = [
      { ...chain, links: [first, ...rest] },
      { ...chain, links: [second, first, ...rest] },
      { ...chain, links: chain.links.slice(0, -1) },
      { ...chain, links: [{ ...first, capabilities: ['everything:x'] }, second, ...rest] },
      { ...chain, links: [] },
      { ...chain, tag: '' },
      { ...chain, tag: chain.tag.replace(/./, (digit) => (digit === '0' ? '1' : '0')) },
    ];
    for (const forged of forgeries) expect(() => verifyChain(key, forged, 0)).toThrow(refused);
    expect(() => verifyChain(new Uint8Array(32), chain, 0)).toThrow(refused);
  });

  it('never grants what one of its links does not (any chain)', () => {
    const capabilities = fc.uniqueArray(fc.constantFrom('a:x', 'b:x', 'c:x', 'd:x'));
    const amount = fc.nat(20);
    const limits = fc.record({ steps: amount, tokens: amount, cents: amount, wallMs: amount, depth: amount });
    const links = fc.array(fc.record({ capabilities, limits }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(links, (all) => {
        const [top, ...below] = all.map((each, at) => link(`a${at}`, each));
        const chain = below.reduce(extendChain, beginChain(key, root, top as ChainLink));
        const authority = verifyChain(key, chain, 0);
        for (const each of all) {
          for (const held of authority.capabilities) expect(each.capabilities).toContain(held);
          expect(authority.limits.steps).toBeLessThanOrEqual(each.limits.steps);
          expect(authority.limits.cents).toBeLessThanOrEqual(each.limits.cents);
        }
      }),
      { numRuns: 60 },
    );
  });
});
