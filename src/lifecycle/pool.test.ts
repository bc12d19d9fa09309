import { describe, expect, it } from 'vitest';
import { sandboxRecord } from '../../test/fixtures/sandbox-record.ts';
import { rootScope, silentLog } from '../base/index.ts';
import type { Substrate } from '../compute/index.ts';
import { createSandboxSchema } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import type { Parts } from './parts.ts';
import type { PoolOptions } from './pool.ts';
import { Pools } from './pools.ts';

// Of a substrate a pool reads these two.
const substrate = (name: Substrate['name']): Substrate => ({ name, defaultTemplate: 'host' }) as Substrate;
const gvisor = substrate('gvisor');
const vm = substrate('vm');

const host: PoolOptions = { template: 'host', size: 2, isolation: 'userspace-kernel', contract: null };
const asked = createSandboxSchema.parse({ isolation: 'userspace-kernel' });
const scope = rootScope({ name: 'pool' });

/** Pools that nothing fills: time stands still. */
class World {
  chosen = gvisor;
  readonly templates = new Map([['host', ['layer-1']]]);
  readonly rows = new Map<string, SandboxRecord>();
  readonly pools: Pools;

  constructor(...options: PoolOptions[]) {
    // What handing over and taking in need of them.
    const parts = {
      substrates: { choose: async () => this.chosen },
      store: {
        sandboxes: { get: (id: string) => this.rows.get(id) ?? null },
        snapshots: { getTemplate: (name: string) => this.#template(name) },
      },
      files: { useTemplate: async (name: string) => this.#template(name) },
      clock: { after: () => () => undefined },
      log: silentLog,
      scope,
    } as unknown as Parts;
    this.pools = new Pools(parts, options);
  }

  /** One that a restart finds. */
  waiting(changes: Partial<SandboxRecord> = {}): SandboxRecord {
    const made: Partial<SandboxRecord> = { state: 'ready', pooled: true, substrate: 'gvisor', layers: ['layer-1'] };
    const record = sandboxRecord({ ...made, ...changes });
    this.rows.set(record.id, record);
    return record;
  }

  #template(name: string): { layers: string[] } | null {
    const layers = this.templates.get(name);
    return layers ? { layers } : null;
  }
}

describe('a waiting sandbox', () => {
  it('is handed over where a create would make the same, and only there', async () => {
    const world = new World(host);
    const record = world.waiting();
    expect(await world.pools.adopt(record, scope)).toBe(true);
    const taken = async () => (await world.pools.take(asked, null, scope))?.record.id ?? null;
    world.chosen = vm;
    expect(await taken(), 'another substrate').toBeNull();
    world.chosen = gvisor;
    world.templates.set('host', ['layer-2']);
    expect(await taken(), 'another layer').toBeNull();
    world.templates.set('host', ['layer-1']);
    world.rows.set(record.id, { ...record, state: 'gone' });
    expect(await taken(), 'it has ended').toBeNull();
    world.rows.set(record.id, { ...record, pooled: false });
    expect(await taken(), 'it is somebody else’s').toBeNull();
    world.rows.set(record.id, record);
    expect(await taken()).toBe(record.id);
    expect(await taken(), 'it was the only one').toBeNull();
  });

  it.each([
    ['a name, which is its host name', { name: 'box' }],
    ['another user', { user: 'root' }],
    ['a limit', { limits: { cpus: 1 } }],
    ['a seed', { seed: 1 }],
    ['a clock', { clock: '2026-01-01T00:00:00.000Z' }],
  ] as const)('is not for who asks for %s', async (_, more) => {
    const world = new World(host);
    expect(await world.pools.adopt(world.waiting(), scope)).toBe(true);
    expect(await world.pools.take({ ...asked, ...more }, null, scope)).toBeNull();
    expect(await world.pools.take(asked, null, scope)).not.toBeNull();
  });

  const strangers: [string, Partial<SandboxRecord>][] = [
    ['another template', { template: 'debian' }],
    ['another substrate', { substrate: 'namespace' }],
    ['another layer', { layers: ['layer-0'] }],
    ['another contract', { contract: { name: 'a/1.0.0', digest: 'd' } }],
  ];
  it.each(strangers)('of %s is not taken in', async (_, changes) => {
    const world = new World(host);
    expect(await world.pools.adopt(world.waiting(changes), scope)).toBe(false);
  });

  it('goes to a pool of its kind that has a place for it', async () => {
    const world = new World({ ...host, size: 1 }, { ...host, template: 'debian', size: 1 });
    world.templates.set('debian', ['layer-d']);
    const debian = { template: 'debian', layers: ['layer-d'] };
    const offered = [{}, {}, debian, debian].map((changes) => world.waiting(changes));
    const adopted = await Promise.all(offered.map((record) => world.pools.adopt(record, scope)));
    expect(adopted).toEqual([true, false, true, false]);
    expect(world.pools.waiting.map(({ template, count }) => [template, count])).toEqual([
      ['host', 1],
      ['debian', 1],
    ]);
    const taken = await world.pools.take({ ...asked, template: 'debian' }, null, scope);
    expect(taken?.record.id).toBe(offered[2]?.id);
    await taken?.giveBack();
    expect(world.pools.waiting.map(({ count }) => count)).toEqual([1, 1]);
  });
});
