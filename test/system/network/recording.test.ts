/** A recorded sandbox with a network: done again when its servers are gone, from the tape that it made. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetworkPolicyInput } from '../../../src/schema/index.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const policy: NetworkPolicyInput = { allow: [{ host: 'friend.test', methods: ['GET', 'POST'] }] };

describe.skipIf(worldMissing() !== null)('a recording of a sandbox with a network', { timeout: 120_000 }, () => {
  let world: World;
  let inside: Inside;
  let id = '';

  beforeAll(async () => {
    world = await openWorld();
    inside = await openInside(world);
    const { service } = inside;
    const box = await service.createSandbox({ network: policy, record: true });
    const commands = [
      'curl -s https://friend.test/bytes/1000 | sha256sum > got; cat got',
      'curl -s -d "a=1" $BASE/echo; echo $? > status',
      'cat got',
    ];
    for (const command of commands) {
      const result = await service.callTool(box.id, {
        tool: 'shell',
        input: { command, environment: { BASE: 'https://friend.test' } },
      });
      expect(result).toMatchObject({ ok: true, output: { exitCode: 0 } });
    }
    await service.destroySandbox(box.id);
    const [recording] = (await service.listRecordings({ sandbox: box.id })).items;
    id = recording?.id ?? '';
    expect(recording).toMatchObject({ state: 'closed', steps: 3, tape: expect.stringMatching(/^tap-/) });
    await world.friend.end();
  }, 120_000);
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  it('has what left among its events, and its tape as HAR', async () => {
    const { items } = await inside.service.recordingEvents(id, { limit: 1000 });
    const flows = items.flatMap((event) => (event.type === 'network-flow' ? [event.flow['host']] : []));
    expect(flows).toContain('friend.test');
    let har = '';
    for await (const piece of await inside.service.exportRecording(id, 'har')) har += new TextDecoder().decode(piece);
    expect(JSON.parse(har)).toMatchObject({
      log: { entries: [{ request: { url: 'https://friend.test/bytes/1000' } }, {}] },
    });
  });

  it('is reproduced at L2 with the servers gone, and no request missed', async () => {
    const report = await inside.service.replayRecording(id);
    expect(report.divergence).toBeNull();
    expect(report).toMatchObject({ reproduced: true, tape: { misses: 0 } });
  });

  it('is not at L3: the world is another one', async () => {
    const report = await inside.service.replayRecording(id, { level: 'L3', until: 1 });
    expect(report).toMatchObject({ reproduced: false, tape: null, divergence: { step: 1 } });
  });

  it('keeps its tape as long as it is there', async () => {
    const { service } = inside;
    const { tape } = await service.getRecording(id);
    await expect(service.deleteTape(tape ?? '')).rejects.toMatchObject({
      code: 'in-use',
      message: expect.stringContaining(id),
    });
    expect(await service.replayRecording(id)).toMatchObject({ reproduced: true });
    const box = await service.createSandbox({ network: policy, record: true });
    await service.callTool(box.id, { tool: 'shell', input: { command: 'curl -s --max-time 5 https://friend.test/x' } });
    await service.destroySandbox(box.id);
    const [other] = (await service.listRecordings({ sandbox: box.id })).items;
    await service.deleteRecording(other?.id ?? '');
    await service.deleteTape(other?.tape ?? '');
    expect((await service.listTapes()).map((each) => each.id)).not.toContain(other?.tape);
  });

  it('says that the tape has no answer, and blames the world', async () => {
    const { service } = inside;
    const tapes = await service.listTapes();
    const recording = await service.getRecording(id);
    expect(tapes.map(({ id: tape }) => tape)).toContain(recording.tape);
    // The first step asks for something else, by the answer of an edit that was never made on the tape.
    const box = await service.createSandbox({ network: policy, record: true });
    await service.callTool(box.id, {
      tool: 'shell',
      input: { command: 'curl -s --max-time 5 https://friend.test/never; echo $?' },
    });
    await service.destroySandbox(box.id);
    const [other] = (await service.listRecordings({ sandbox: box.id })).items;
    const report = await service.replayRecording(other?.id ?? '');
    expect(report.divergence).toMatchObject({ step: 1, class: 'net-miss', blame: 'world' });
    expect(report.tape?.misses).toBeGreaterThan(0);
  });
});
