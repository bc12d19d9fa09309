/**
 * A secret that a sandbox has in a variable, sent by real programs and echoed by a server: it is on the recording's tape only as
 * its token, in no file and no export in any spelling, and the recording is reproduced.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NetworkPolicyInput } from '../../../src/schema/index.ts';
import { canarySecret } from '../../fixtures/network/canary-secret.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const policy: NetworkPolicyInput = { allow: [{ host: 'friend.test', methods: ['GET', 'POST'] }] };
const echo = 'https://friend.test/echo';
const asJson = "-H 'content-type: application/json'";

/** `$SECRET` stands for the variable; each prints what the server echoed. */
const programs: Record<string, string> = {
  'a header': `curl -s -H "Authorization: Bearer $SECRET" ${echo}`,
  'another header': `curl -s -H "X-Key: $SECRET" ${echo}`,
  'basic authentication': `curl -s -u "user:$SECRET" ${echo}`,
  'basic authentication of a longer name': `curl -s -u "someone:$SECRET" ${echo}`,
  'a query': `curl -s -G --data-urlencode "token=$SECRET" ${echo}`,
  'a form': `curl -s --data-urlencode "token=$SECRET" -d 'b=2' ${echo}`,
  JSON: `python3 -c 'import json,os; print(json.dumps({"a": {"key": os.environ["SECRET"]}, "b": 1}))' | curl -s ${asJson} -d @- ${echo}`,
  base64: `printf 'x%sy' "$SECRET" | base64 -w0 | curl -s -H 'content-type: text/plain' --data-binary @- ${echo}`,
  'an answer in gzip': `curl -s --compressed -H "X-Key: $SECRET" '${echo}?coding=gzip'`,
  'an answer in pieces': `curl -s -H "X-Key: $SECRET" '${echo}?pieces'`,
};

describe.skipIf(worldMissing() !== null)('a secret of a recorded sandbox', { timeout: 240_000 }, () => {
  let world: World;
  let inside: Inside;
  let id = '';
  let tape = '';
  /** Of the sandbox, and of one command. */
  const [standing, given] = [canarySecret(), canarySecret()];
  const directoryOf = (name: string): string => join(inside.home, 'tapes', name);

  beforeAll(async () => {
    world = await openWorld();
    inside = await openInside(world);
    const { service } = inside;
    const box = await service.createSandbox({
      network: policy,
      environment: { API_TOKEN: standing.value },
      record: true,
    });
    for (const [variable, environment] of [
      ['API_TOKEN', {}],
      ['DEPLOY_SECRET', { DEPLOY_SECRET: given.value }],
    ] as const) {
      for (const script of Object.values(programs)) {
        const command = script.replaceAll('$SECRET', `$${variable}`).replaceAll('"SECRET"', `"${variable}"`);
        const result = await service.callTool(box.id, { tool: 'shell', input: { command, environment } });
        expect(result, command).toMatchObject({ ok: true, output: { exitCode: 0 } });
      }
    }
    await service.destroySandbox(box.id);
    const [recording] = (await service.listRecordings({ sandbox: box.id })).items;
    id = recording?.id ?? '';
    tape = recording?.tape ?? '';
    expect(recording).toMatchObject({ state: 'closed', steps: 2 * Object.keys(programs).length });
  }, 240_000);
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  it('reached the server as it is', () => {
    for (const { value } of [standing, given]) {
      const sent = JSON.stringify(world.friend.arrivals);
      expect(sent).toContain(JSON.stringify(`Bearer ${value}`).slice(1, -1));
    }
  });

  it('is in no file of the tape, of the recording, and in no export', async () => {
    expect(readdirSync(join(inside.home, 'tapes'))).toEqual([tape]);
    let har = '';
    for await (const piece of await inside.service.exportRecording(id, 'har'))
      har += Buffer.from(piece).toString('latin1');
    const events = JSON.stringify((await inside.service.recordingEvents(id, { limit: 1000 })).items);
    for (const canary of [standing, given]) {
      expect(canary.below(directoryOf(tape))).toEqual([]);
      expect(canary.below(join(inside.home, 'recordings', id))).toEqual([]);
      expect(canary.in(har)).toEqual([]);
      expect(canary.in(events)).toEqual([]);
    }
    const entries = JSON.parse(har).log.entries;
    expect(entries).toHaveLength(2 * Object.keys(programs).length);
    for (const entry of entries) expect(JSON.stringify(entry)).toMatch(/hfr_|aGZy|oZnJf|hmcl/);
  });

  it('is known by its token and by itself to who plays the tape, in heads too', async () => {
    const { items } = await inside.service.recordingEvents(id, { limit: 1 });
    const [begun] = items;
    const { environment = {} } = begun?.type === 'recording-begun' ? Object(begun.manifest['sandbox']) : {};
    expect(environment.API_TOKEN).toMatch(/^hfr_/);
    const rules = { headers: ['authorization', 'x-key', 'content-type'] };
    for (const value of [environment.API_TOKEN, standing.value]) {
      const network = { ...policy, tape: { mode: 'replay' as const, tape, rules } };
      await using box = await inside.boxes.create({ network, environment: { API_TOKEN: value } });
      for (const script of Object.values(programs)) {
        const command = script.replaceAll('$SECRET', '$API_TOKEN').replaceAll('"SECRET"', '"API_TOKEN"');
        const { exitCode, stdoutText } = await box.exec(['sh', '-c', command.replace('curl -s', 'curl -sf')]);
        expect({ command, exitCode, isMethod: stdoutText.includes('"method"') }).toEqual({
          command,
          exitCode: 0,
          isMethod: true,
        });
      }
    }
  });

  it('leaves the recording as reproducible as it was, with the servers gone', async () => {
    await world.friend.end();
    const report = await inside.service.replayRecording(id);
    expect(report.divergence).toBeNull();
    expect(report).toMatchObject({ reproduced: true, tape: { misses: 0 } });
  });
});

describe.skipIf(worldMissing() !== null)('a recording of a sandbox that lived before', { timeout: 120_000 }, () => {
  it('has a tape of its own: what was sent before it and after it is on others', async () => {
    await using world = await openWorld();
    await using inside = await openInside(world);
    const { service } = inside;
    const canary = canarySecret();
    const network = { ...policy, tape: { mode: 'record' as const } };
    const box = await service.createSandbox({ network, environment: { API_TOKEN: canary.value } });
    const ask = async (path: string): Promise<void> => {
      const command = `curl -s -H "X-Key: $API_TOKEN" https://friend.test/${path}`;
      const result = await service.callTool(box.id, { tool: 'shell', input: { command } });
      expect(result).toMatchObject({ ok: true, output: { exitCode: 0 } });
    };
    await ask('before');
    await service.startRecording(box.id);
    await ask('meanwhile');
    const recording = await service.stopRecording(box.id);
    await ask('after');
    await service.destroySandbox(box.id);
    const tapes = await service.listTapes();
    expect(tapes.map(({ exchanges }) => exchanges)).toEqual([1, 1, 1]);
    const [before, meanwhile, after] = tapes.map((one) => join(inside.home, 'tapes', one.id));
    expect(tapes[1]?.id).toBe(recording.tape);
    expect(canary.below(before ?? '')).not.toEqual([]);
    expect(canary.below(after ?? '')).not.toEqual([]);
    expect(canary.below(meanwhile ?? '')).toEqual([]);
    expect(await service.replayRecording(recording.id)).toMatchObject({ reproduced: true, tape: { misses: 0 } });
  });

  it('knows what its sandbox was given after the daemon was killed, too', async () => {
    await using world = await openWorld();
    await using inside = await openInside(world);
    const canary = canarySecret();
    const environment = { API_TOKEN: canary.value };
    const { id } = await inside.service.createSandbox({ network: policy, environment, record: true });
    const ask = async (path: string): Promise<void> => {
      const command = `curl -s --retry 20 --retry-all-errors --retry-delay 1 -H "X-Key: $API_TOKEN" https://friend.test/${path}`;
      const result = await inside.service.callTool(id, { tool: 'shell', input: { command } });
      expect(result).toMatchObject({ ok: true, output: { exitCode: 0 } });
    };
    await ask('before');
    await expect.poll(async () => (await inside.service.listTapes())[0]?.exchanges).toBe(1);
    await inside.kill();
    await inside.start();
    await ask('after');
    await inside.service.destroySandbox(id);
    const tapes = await inside.service.listTapes();
    expect(tapes.map(({ exchanges }) => exchanges)).toEqual([1, 1]);
    for (const tape of tapes) expect(canary.below(join(inside.home, 'tapes', tape.id))).toEqual([]);
  });
});
