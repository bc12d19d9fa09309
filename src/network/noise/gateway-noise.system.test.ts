/** A plan's bounds hold over the death of the gateway that draws. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { GatewayWorld } from '../../../test/fixtures/gateway-world.ts';

let world: GatewayWorld;
beforeAll(async () => {
  world = await GatewayWorld.start();
});
afterAll(() => world.stop());

it('does not begin its budget anew in the next gateway', async () => {
  const host = 'echo.example.test';
  const allow = [{ host, protocol: 'tcp' as const, ports: [world.origins.echo], addresses: ['127.0.0.0/8'] }];
  const faults = [{ id: 'nx', kind: 'network.no-name' as const, rate: 1 }];
  await world.attach({ allow }, { plan: { format: 'holdfast-faults/1', seed: 1, budget: 2, faults } });
  const lookUp = (): Promise<string> =>
    world.script(`
      import { Resolver } from 'node:dns/promises';
      const resolver = new Resolver({ timeout: 2000, tries: 1 });
      resolver.setServers(['127.0.0.1']);
      const found = await resolver.resolve4('${host}').then(() => 'found', (error) => error.code);
      process.stdout.write(found);
    `);
  expect([await lookUp(), await lookUp(), await lookUp()]).toEqual(['ENOTFOUND', 'ENOTFOUND', 'found']);
  const before = world.supervisor.pid ?? 0;
  process.kill(before, 'SIGKILL');
  await expect.poll(() => world.supervisor.pid).not.toBe(before);
  await expect.poll(lookUp).toBe('found');
  expect([await lookUp(), await lookUp()]).toEqual(['found', 'found']);
  expect(world.labels.filter(({ applied }) => applied)).toHaveLength(2);
  const drawnLater = world.labels.slice(3);
  expect(drawnLater.map(({ because }) => because)).toEqual(drawnLater.map(() => 'budget'));
  expect(drawnLater.every(({ position }) => position > 3)).toBe(true);
});
