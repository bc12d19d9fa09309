/** The clock of a machine's own kernel: it begins where a sandbox says, for every program, and again when the machine wakes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Runtime } from '../../src/runtime/index.ts';
import { createRuntime } from '../../src/runtime/index.ts';
import type { CreateSandboxInput, HoldfastService } from '../../src/schema/index.ts';
import { buildDebian, whyNoMachines } from '../fixtures/machines.ts';

const missing = await whyNoMachines('microvm');
const slow = 600_000;
const at = '2001-09-09T01:46:40.000Z';
const atSeconds = Date.parse(at) / 1000;
/** Between two steps then; a replay leaves no such pause. */
const longMs = 40_000;

describe.skipIf(missing !== null)(`a machine's clock${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let runtime: Runtime;
  let service: HoldfastService;
  const secondsIn = async (id: string): Promise<number> => {
    const { stdout } = await service.exec(id, { argv: ['date', '+%s'], timeoutMs: 120_000 });
    return Number(new TextDecoder().decode(stdout));
  };
  const made = (input: CreateSandboxInput) =>
    service.createSandbox({ isolation: 'microvm', template: 'debian', ...input });
  beforeAll(async () => {
    runtime = await createRuntime({ ephemeral: true });
    service = runtime.service();
    await buildDebian(runtime);
  }, slow);
  afterAll(() => runtime?.close());

  it('begins where it is told, runs on, and begins there again when the machine wakes', { timeout: slow }, async () => {
    const { id, clock } = await made({ clock: at });
    expect(clock).toBe(at);
    const first = await secondsIn(id);
    expect(first).toBeGreaterThanOrEqual(atSeconds);
    expect(first).toBeLessThan(atSeconds + 300);
    expect(await secondsIn(id)).toBeGreaterThanOrEqual(first);
    await service.suspendSandbox(id, { memory: false });
    await service.resumeSandbox(id);
    expect(await secondsIn(id)).toBeLessThan(atSeconds + 300);
    const [child] = await service.forkSandbox(id);
    expect(child?.clock).toBe(at);
    expect(await secondsIn(child?.id ?? '')).toBeLessThan(atSeconds + 300);
    for (const each of [id, child?.id ?? '']) await service.destroySandbox(each);
  });

  it('is in a replay what it was then, for every program, and stands in the recording where it was given', {
    timeout: slow,
  }, async () => {
    const run = async (input: CreateSandboxInput, pauseMs: number): Promise<string> => {
      const { id } = await made({ record: true, ...input });
      const step = async (command: string): Promise<void> => {
        const result = await service.callTool(id, { tool: 'shell', input: { command } });
        expect(result.ok).toBe(true);
      };
      await step('date +%s > then');
      await sleep(pauseMs);
      await step(`test $(( $(date +%s) - $(cat then) )) -ge ${longMs / 1000 - 5}; echo $?`);
      await service.destroySandbox(id);
      return (await service.listRecordings({ sandbox: id })).items.at(-1)?.id ?? '';
    };
    // Nothing in the template moves a clock there.
    const id = await run({}, longMs);
    const recorded = await service.replayRecording(id, { with: { clock: 'recorded' }, files: false });
    expect(recorded.divergence).toBeNull();
    expect(recorded.world[0]).toMatch(/^programs begin at the time at which they began then; /);
    const plain = await service.replayRecording(id, { files: false });
    expect(plain).toMatchObject({ reproduced: false, divergence: { step: 2, class: 'stdout' } });
    const own = await run({ clock: at }, 0);
    const [begun, policy] = (await service.recordingEvents(own)).items;
    expect(begun).toMatchObject({ manifest: { sandbox: { clock: at } } });
    expect(policy).toMatchObject({ clock: { source: `kernel ${at}` } });
    const again = await service.replayRecording(own, { files: false });
    expect(again.divergence).toBeNull();
    expect(again.world[0]).toContain(`the clock begins where it began then: ${at}`);
  });

  it('is this machine’s where nobody says so, and there is none under namespaces', { timeout: slow }, async () => {
    const { id } = await made({});
    expect(Math.abs((await secondsIn(id)) - Date.now() / 1000)).toBeLessThan(120);
    await service.destroySandbox(id);
    await expect(service.createSandbox({ clock: at })).rejects.toMatchObject({
      code: 'capability-missing',
      details: { capability: 'clock' },
    });
    expect((await service.listSandboxes()).items).toEqual([]);
  });
});
