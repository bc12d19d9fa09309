/** The network of a gVisor sandbox through what changes its processes: each time the gateway finds the agent again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gvisorMissing } from '../../fixtures/gvisor.ts';
import { friendPolicy } from '../../fixtures/network/attempts.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const missing = worldMissing() ?? (await gvisorMissing());

describe.skipIf(missing !== null)('the network of a gVisor sandbox', { timeout: 120_000 }, () => {
  let world: World;
  let inside: Inside;
  beforeAll(async () => {
    world = await openWorld();
    inside = await openInside(world);
  });
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  const create = () => inside.boxes.create({ isolation: 'userspace-kernel', network: friendPolicy });

  /** By proxy and without one, over TLS that is mediated; and what is denied. */
  async function expectNetwork(box: Awaited<ReturnType<typeof create>>, when: string): Promise<void> {
    const said = async (command: string): Promise<string> =>
      (await box.exec({ argv: ['sh', '-c', command], timeoutMs: 30_000 })).stdoutText;
    await expect
      .poll(() => said('curl -sf https://friend.test/ok/1'), { timeout: 20_000, message: when })
      .toBe('hello\n');
    expect(await said("curl -sf --noproxy '*' https://friend.test/ok/2"), when).toBe('hello\n');
    expect(await said("curl -sf --noproxy '*' http://friend.test/ok/3"), when).toBe('hello\n');
    expect(await said('curl -s -o /dev/null -w %{http_code} http://nowhere.test/'), when).toMatch(/403|000/);
    expect(await said("curl -s --noproxy '*' http://169.254.169.254/ ; echo $?"), when).not.toBe('0\n');
  }

  it('is there after create, suspend, rollback and hibernation', async () => {
    await using box = await create();
    await expectNetwork(box, 'after create');
    const { service } = inside;
    const snapshot = await service.createSnapshot(box.id);
    await service.suspendSandbox(box.id);
    await service.resumeSandbox(box.id);
    await expectNetwork(box, 'after suspend and resume');
    await service.rollbackSandbox(box.id, snapshot.id);
    await expectNetwork(box, 'after a rollback');
    await service.suspendSandbox(box.id, { memory: false });
    await service.resumeSandbox(box.id);
    await expectNetwork(box, 'after hibernation');
  });

  it('is there after the daemon was killed', async () => {
    await using box = await create();
    await expectNetwork(box, 'before');
    await inside.kill();
    await inside.start();
    await expectNetwork(box, 'after');
  });

  it('lets ports inside be reached from outside', async () => {
    await using box = await create();
    const { service } = inside;
    await service.writeFile(box.id, '/workspace/page', new TextEncoder().encode('from within'));
    await service.startProcess(box.id, { argv: ['python3', '-m', 'http.server', '8000'], cwd: '/workspace' });
    const page = async (): Promise<string> => {
      const connection = await service.connectPort(box.id, 8000);
      await connection.write(new TextEncoder().encode('GET /page HTTP/1.0\r\n\r\n'));
      let text = '';
      for await (const piece of connection.output) text += new TextDecoder().decode(piece);
      return text;
    };
    await expect.poll(() => page().catch(String), { timeout: 20_000 }).toContain('from within');
  });
});
