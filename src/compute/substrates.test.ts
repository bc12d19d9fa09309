/** Which substrate a create gets. The substrates are the fake one under other names: only who they say they are counts. */
import { describe, expect, it } from 'vitest';
import { rootScope } from '../base/index.ts';
import { type Isolation, isolations, type SubstrateReport } from '../schema/index.ts';
import { FakeSubstrate } from './fake/substrate.ts';
import { Substrates } from './substrates.ts';
import type { Substrate } from './types.ts';

function substrateWith(isolation: Isolation, { usable = true } = {}): Substrate & { opened: number; probed: number } {
  const fake = new FakeSubstrate({ binary: '/nowhere' });
  const counts = { opened: 0, probed: 0 };
  const report: SubstrateReport = {
    substrate: 'fake',
    isolation,
    usable,
    detail: usable ? 'works' : `${isolation} is not installed`,
    fix: usable ? null : `Install ${isolation}.`,
    capabilities: [],
  };
  return Object.assign(Object.create(fake), counts, {
    // One name each, so that they are told apart; only isolation decides.
    name: isolation,
    isolation,
    async probe(this: { probed: number }) {
      this.probed++;
      return report;
    },
    async open(this: { opened: number }) {
      this.opened++;
    },
  });
}

describe('the choice of a substrate', () => {
  it('is the weakest that is at least as strong as asked', async () => {
    await using scope = rootScope({ name: 'test' });
    const all = isolations.map((isolation) => substrateWith(isolation));
    const substrates = new Substrates(all.toReversed());
    for (const [index, isolation] of isolations.entries()) {
      expect((await substrates.choose(isolation, scope)).isolation).toBe(isolations[index]);
    }
  });

  it('is among others that are loaded once, and only when the first is not enough', async () => {
    await using scope = rootScope({ name: 'test' });
    let loaded = 0;
    const [weak, strong] = [substrateWith('namespace'), substrateWith('microvm')];
    const substrates = new Substrates([weak], async () => {
      loaded++;
      return [strong];
    });
    expect(await substrates.choose('namespace', scope)).toBe(weak);
    expect([loaded, substrates.first]).toEqual([0, weak]);
    expect(() => substrates.of({ substrate: strong.name, id: 'sbx-1' })).toThrow(/does not have/);
    const chosen = await Promise.all([substrates.choose('microvm', scope), substrates.choose('microvm', scope)]);
    expect([chosen, loaded, substrates.first]).toEqual([[strong, strong], 1, weak]);
    expect(substrates.of({ substrate: strong.name, id: 'sbx-1' })).toBe(strong);
    expect(await substrates.probe(scope)).toHaveLength(2);
    expect(loaded).toBe(1);
  });

  it('frees what any of them keeps on the disk, also of those that nothing was asked of yet', async () => {
    await using scope = rootScope({ name: 'test' });
    const keeps = Object.assign(substrateWith('vm'), { prune: async () => 7 });
    const substrates = new Substrates([substrateWith('namespace')], async () => [substrateWith('microvm'), keeps]);
    expect(await substrates.prune(scope)).toBe(7);
  });

  it('passes over what is not usable, towards more isolation only', async () => {
    await using scope = rootScope({ name: 'test' });
    const substrates = new Substrates([
      substrateWith('namespace'),
      substrateWith('userspace-kernel', { usable: false }),
      substrateWith('microvm'),
    ]);
    expect((await substrates.choose('userspace-kernel', scope)).isolation).toBe('microvm');
  });

  it('refuses what there is not, with the fix of the first candidate', async () => {
    await using scope = rootScope({ name: 'test' });
    const substrates = new Substrates([substrateWith('namespace'), substrateWith('microvm', { usable: false })]);
    await expect(substrates.choose('microvm', scope)).rejects.toMatchObject({
      code: 'capability-missing',
      message: expect.stringContaining('microvm is not installed'),
      hint: 'Install microvm.',
      details: { wanted: 'microvm', have: 'namespace' },
    });
    await expect(substrates.choose('vm', scope)).rejects.toMatchObject({ details: { lacking: [] } });
  });

  it('opens what it chose once, probes the first never, and looks again at what was not usable', async () => {
    await using scope = rootScope({ name: 'test' });
    const [weak, strong, strongest] = [
      substrateWith('namespace'),
      substrateWith('microvm'),
      substrateWith('vm', { usable: false }),
    ];
    const substrates = new Substrates([weak, strong, strongest]);
    await substrates.choose('namespace', scope);
    expect([weak.probed, strong.opened]).toEqual([0, 0]);
    await Promise.all([substrates.choose('microvm', scope), substrates.choose('microvm', scope)]);
    await substrates.choose('microvm', scope);
    expect(strong.opened).toBe(1);
    await substrates.choose('vm', scope).catch(() => undefined);
    await substrates.choose('vm', scope).catch(() => undefined);
    expect(strongest.probed).toBe(2);
  });
});
