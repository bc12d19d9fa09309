/** What a sandbox starts from, deleted while that is still being read: the sandbox has it all the same. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildGuest } from '../../scripts/build-guest.ts';
import { collected } from '../../test/fixtures/streams.ts';
import { FakeSubstrate } from '../compute/index.ts';
import type { HoldfastService, Sandbox } from '../schema/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const guestBinary = buildGuest();
const file = '/workspace/f';
let home: string;
let runtime: Runtime;
let service: HoldfastService;
/** Of which nothing was read yet. */
async function open(): Promise<void> {
  runtime = await createRuntime({ home, substrate: new FakeSubstrate({ binary: guestBinary }), guestBinary });
  service = runtime.service();
}
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-deleted-'));
  await open();
});
afterEach(async () => {
  for (const { id } of (await service.listSandboxes()).items) await service.destroySandbox(id);
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

type Start = (snapshot: string, sandbox: string) => Promise<Sandbox>;
const starts: [string, Start][] = [
  ['a create', (template) => service.createSandbox({ isolation: 'none', template })],
  ['a fork', async (snapshot) => (await service.forkSandbox(snapshot, { isolation: 'none' }))[0] as Sandbox],
  ['a rollback', (snapshot, sandbox) => service.rollbackSandbox(sandbox, snapshot)],
];

it.each(starts)('%s keeps the files of the snapshot it began with', async (_, start) => {
  const { id: source } = await service.createSandbox({ isolation: 'none' });
  const { id: other } = await service.createSandbox({ isolation: 'none' });
  await service.writeFile(source, file, new TextEncoder().encode('kept'));
  const { id: snapshot } = await service.createSnapshot(source);
  await service.destroySandbox(source);
  await runtime.close();
  await open();
  const starting = start(snapshot, other);
  await nextTurn();
  await service.deleteSnapshot(snapshot);
  const { id } = await starting;
  const { content } = await service.readFile(id, file);
  expect(new TextDecoder().decode(await collected(content))).toBe('kept');
  const { id: next } = await service.createSnapshot(id);
  expect(await service.verifySnapshot(next)).toMatchObject({ id: next });
});

it('a create has the template it began with', async () => {
  const directory = join(home, 'files');
  mkdirSync(directory);
  writeFileSync(join(directory, 'f'), 'kept');
  await service.buildTemplate({ name: 't', from: 'directory', directory });
  await runtime.close();
  await open();
  const starting = service.createSandbox({ isolation: 'none', template: 't' });
  await nextTurn();
  await service.deleteTemplate('t');
  const { id } = await starting;
  const { id: snapshot } = await service.createSnapshot(id);
  expect(await service.verifySnapshot(snapshot)).toMatchObject({ id: snapshot, template: 't' });
});
