/** Whose doing a failure was, where an agent could like it to be nobody's: what it broke itself is no infrastructure. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { CreateSandboxInput, HoldfastService, RecordingEvent } from '../../src/schema/index.ts';
import { gvisorMissing } from '../fixtures/gvisor.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-causes-'));
const noGvisor = await gvisorMissing();
const whyNot = noGvisor === null ? '' : ` (skipped: ${noGvisor})`;
let runtime: Runtime;
let service: HoldfastService;
let server: Server;
let port = 0;
let tape = '';

/** Long enough for the gateway to tell of it within the step. */
const told = 'sleep 0.5';
const curl = (path: string): string => `curl -s --noproxy '' http://127.0.0.1:${port}${path}`;
const allow = () => [{ host: '127.0.0.1', protocol: 'http' as const, ports: [port], addresses: ['127.0.0.1/32'] }];

beforeAll(async () => {
  server = createServer(({ url }, response) => {
    if (url === '/broken') response.destroy();
    else if (url === '/known') response.end('known');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  runtime = await createRuntime({ home, ephemeral: true });
  service = runtime.service();
}, 60_000);
afterAll(async () => {
  await runtime.close();
  server.closeAllConnections();
  server.close();
  rmSync(home, { recursive: true, force: true });
});

/** Does each command as a step; answers the events, and each step's cause. */
async function recorded(
  commands: readonly string[],
  input: CreateSandboxInput,
): Promise<{ events: RecordingEvent[]; causes: string[] }> {
  const box = await service.createSandbox({ record: true, ...input });
  for (const command of commands) {
    await service.callTool(box.id, { tool: 'shell', input: { command } }).catch(() => undefined);
  }
  await service.destroySandbox(box.id).catch(() => undefined);
  const [recording] = (await service.listRecordings({ sandbox: box.id })).items;
  await expect.poll(async () => (await service.getRecording(recording?.id ?? '')).state).toBe('closed');
  tape = (await service.getRecording(recording?.id ?? '')).tape ?? tape;
  const events = (await service.recordingEvents(recording?.id ?? '', { limit: 1000 })).items;
  const ends = events.filter((event) => event.type === 'step-ended');
  return { events, causes: ends.map(({ cause, causeRule }) => (cause ? `${cause} ${causeRule}` : 'none')) };
}

describe('the cause of a failure', { timeout: 60_000 }, () => {
  it('is the agent’s where its own program gave a connection up, in the foreground or behind it', async () => {
    const { events, causes } = await recorded(
      [
        `timeout 1 ${curl('/slow')}; status=$?; ${told}; exit $status`,
        `for i in 1 2 3 4 5; do curl -m 0.05 -s --noproxy '' http://127.0.0.1:${port}/slow & sleep 0.1; done; ${told}; exit 1`,
      ],
      { network: { allow: allow() } },
    );
    expect(causes).toEqual(['agent exit-status', 'agent exit-status']);
    const flows = events.flatMap((event) => (event.type === 'network-flow' ? [event] : []));
    expect(flows.length).toBeGreaterThanOrEqual(2);
    for (const { flow, cause } of flows) expect([flow['endedBy'], cause]).toEqual(['inside', null]);
  });

  it('is infrastructure’s where the destination broke the connection', async () => {
    const { events, causes } = await recorded([`${curl('/broken')}; ${told}; exit 1`, `${curl('/known')}; exit 1`], {
      network: { allow: allow() },
    });
    expect(causes).toEqual(['infrastructure network-broke', 'agent exit-status']);
    const flow = events.find((event) => event.type === 'network-flow' && event.cause === 'infrastructure');
    expect(flow).toMatchObject({ flow: { endedBy: 'outside' } });
  });

  it('is nobody’s where a tape had no answer', async () => {
    const { events, causes } = await recorded([`${curl('/never')}; ${told}; exit 1`], {
      network: { allow: allow(), tape: { mode: 'replay', tape } },
    });
    expect(causes).toEqual(['unknown tape-miss']);
    expect(events.find((event) => event.type === 'network-flow')).toMatchObject({ cause: 'unknown' });
  });

  it.skipIf(noGvisor !== null)(`is nobody’s where it ended its sandbox${whyNot}`, async () => {
    const { causes } = await recorded(['kill -9 1; sleep 10'], { isolation: 'userspace-kernel' });
    expect(causes).toEqual(['unknown sandbox-may-end-itself']);
  });
});
