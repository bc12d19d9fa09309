/** Verbs of recordings in a runtime: what is taken for a secret, and what comes in. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { FakeSubstrate } from '../compute/index.ts';
import type { HoldfastService, Quotas, RecordingEvent } from '../schema/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-recording-verbs-'));
const guestBinary = buildGuest();
const mebibyte = 1024 * 1024;
let runtime: Runtime;
let service: HoldfastService;
let quotas: Quotas = {};
beforeAll(async () => {
  const substrate = new FakeSubstrate({ binary: guestBinary });
  runtime = await createRuntime({ home, substrate, guestBinary, quotas: () => quotas });
  service = runtime.service();
});
afterAll(async () => {
  for (const { id } of (await service.listSandboxes()).items) await service.destroySandbox(id);
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

const recordings = (): string[] => readdirSync(join(home, 'recordings')).filter((name) => name.startsWith('rec-'));

it('tokens of a sandbox’s variables are those that its recording has', async () => {
  const environment = { API_TOKEN: 'a-long-secret-value', MODE: 'fast', NOTE: `key AKIA${'Q2W3E4R5T6Y7U8I9'} of then` };
  const { id } = await service.createSandbox({ isolation: 'none', environment, record: true });
  const tokens = await service.environmentTokens(id);
  expect(Object.keys(tokens).sort()).toEqual(['API_TOKEN', 'NOTE']);
  expect(JSON.stringify(tokens)).not.toMatch(/a-long-secret-value|AKIA/);
  const [recording] = (await service.listRecordings({ sandbox: id })).items;
  const [begun] = (await service.recordingEvents(recording?.id ?? '')).items as [
    Extract<RecordingEvent, { type: 'recording-begun' }>,
  ];
  expect(Object(begun.manifest['sandbox']).environment).toEqual({ ...environment, ...tokens });
});

it('one that comes in is refused as soon as it is more than its tenant may keep', async () => {
  const before = recordings();
  quotas = { keptBytes: 10 * mebibyte };
  let given = 0;
  async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
    const tar = pack();
    tar.entry({ name: 'events.jsonl' }, Buffer.alloc(100 * mebibyte));
    for await (const whole of tar as AsyncIterable<Uint8Array>) {
      for (let at = 0; at < whole.length; at += 65_536) {
        const piece = whole.subarray(at, at + 65_536);
        given += piece.length;
        yield piece;
      }
    }
  }
  await expect(service.importRecording(endless())).rejects.toMatchObject({
    code: 'quota-exceeded',
    details: { quota: 'keptBytes' },
  });
  quotas = {};
  expect(given).toBeLessThan(11 * mebibyte);
  expect(recordings()).toEqual(before);
});
