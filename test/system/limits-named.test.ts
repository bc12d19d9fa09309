/** Which limit ended a process is told of that process, and of no other, over restarts and sleeps. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { HoldfastService, ProcessExit } from '../../src/schema/index.ts';
import { agentPid, oneHome } from '../fixtures/one-home.ts';

const { start, closeAll } = oneHome();

const memory = { memoryBytes: 64 * 1024 * 1024 };
const hog = ['sh', '-c', 'x=$(head -c 200000000 /dev/zero | tr \'\\0\' a); test -n "$x"'];
const bomb = ['sh', '-c', 'for i in $(seq 1 40); do sleep 2 & done; wait; exit 1'];
const failing = ['false'];

const end = async (service: HoldfastService, id: string, argv: string[]): Promise<Partial<ProcessExit>> => {
  const { reason, exitCode } = await service.exec(id, { argv, timeoutMs: 30_000 });
  return reason === 'exited' ? { reason, exitCode } : { reason };
};
const failed = { reason: 'exited', exitCode: 1 };

describe('a limit that was hit', () => {
  it.each([
    ['oom', memory, hog],
    ['pid-limit', { processes: 16 }, bomb],
  ] as const)('is told once as %s, also where another daemon tells it', async (reason, limits, argv) => {
    const first = (await start()).service();
    const { id } = await first.createSandbox({ limits });
    expect(await end(first, id, [...argv])).toEqual({ reason });
    expect(await end(first, id, failing)).toEqual(failed);
    await closeAll();
    const second = (await start()).service();
    expect(await end(second, id, failing)).toEqual(failed);
    expect(await end(second, id, [...argv])).toEqual({ reason });
    expect(await end(second, id, failing)).toEqual(failed);
  });

  it('while no daemon was there is told by the next one', async () => {
    const first = (await start()).service();
    const { id } = await first.createSandbox({ limits: memory });
    const argv = ['sh', '-c', `sleep 1; ${hog[2]}`];
    const { processId } = await first.startProcess(id, { argv });
    await closeAll();
    await sleep(3000);
    const second = (await start()).service();
    const attached = await second.attachProcess(id, processId);
    expect(await attached.exit).toMatchObject({ reason: 'oom' });
    await attached.detach();
    expect(await end(second, id, failing)).toEqual(failed);
  });

  it('is told anew after a sleep without its memory, from the first time on', async () => {
    const service = (await start()).service();
    const { id } = await service.createSandbox({ limits: memory });
    expect(await end(service, id, hog)).toEqual({ reason: 'oom' });
    for (let sleeps = 0; sleeps < 2; sleeps++) {
      await service.suspendSandbox(id, { memory: false });
      await service.resumeSandbox(id);
      expect(await end(service, id, failing)).toEqual(failed);
      expect(await end(service, id, hog)).toEqual({ reason: 'oom' });
    }
  });

  it('is not what a first process died of that was killed later', async () => {
    const service = (await start()).service();
    const { id } = await service.createSandbox({ limits: memory });
    expect(await end(service, id, hog)).toEqual({ reason: 'oom' });
    process.kill(await agentPid(id), 'SIGKILL');
    await expect.poll(async () => (await service.getSandbox(id)).state).toBe('gone');
    expect(await service.getSandbox(id)).toMatchObject({ exitReason: 'died' });
  });
});
