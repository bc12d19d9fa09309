/** Snapshots and rollbacks that are given up after so many milliseconds: the sandbox has the files that the store says it has. */
import { expect, it } from 'vitest';
import type { HoldfastService } from '../../src/schema/index.ts';
import { everywhere } from '../fixtures/gvisor.ts';
import { oneHome } from '../fixtures/one-home.ts';

const { start } = oneHome();
const places = await everywhere();
const mostMs = 24;

const namesIn = async (service: HoldfastService, id: string): Promise<string[]> => {
  const { stdout } = await service.exec(id, { argv: ['ls', '/workspace'] });
  return new TextDecoder().decode(stdout).split('\n').slice(0, -1).sort();
};

/** As a fork has them, which starts from what the store says. */
async function namesKept(service: HoldfastService, id: string): Promise<string[]> {
  const [child] = await service.forkSandbox(id);
  const names = await namesIn(service, child?.id ?? '');
  await service.destroySandbox(child?.id ?? '');
  return names;
}

const write = (service: HoldfastService, id: string, name: string) =>
  service.writeFile(id, `/workspace/${name}`, new TextEncoder().encode(name));

it.for(places)('isolation $isolation', { timeout: 120_000 }, async ({ isolation, missing }, { skip }) => {
  if (missing !== null) skip(missing);
  const service = (await start()).service();
  const { id } = await service.createSandbox({ isolation });
  const written: string[] = [];
  for (let timeoutMs = 1; timeoutMs <= mostMs; timeoutMs++) {
    const name = `of-${String(timeoutMs).padStart(2, '0')}`;
    await write(service, id, name);
    written.push(name);
    await service.createSnapshot(id, {}, { timeoutMs }).catch(() => undefined);
    expect(await namesKept(service, id), `a snapshot given up after ${timeoutMs} ms`).toEqual(written);
    expect(await namesIn(service, id)).toEqual(written);
  }
  const { id: target } = await service.createSnapshot(id);
  for (let timeoutMs = 1; timeoutMs <= mostMs; timeoutMs++) {
    await write(service, id, 'since');
    await service.rollbackSandbox(id, target, { timeoutMs }).catch(() => undefined);
    const kept = await namesKept(service, id);
    expect(await namesIn(service, id), `a rollback given up after ${timeoutMs} ms`).toEqual(kept);
    expect([written, [...written, 'since']]).toContainEqual(kept);
  }
});
