/** What sessions of a person keep for all of a tenant is named when the person is erased, or goes too where that is said. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { agentData } from '../../test/fixtures/agent-world.ts';
import { FakeSubstrate } from '../compute/index.ts';
import type { AgentBundleInput, HoldfastService } from '../schema/index.ts';
import { openStore } from '../state/index.ts';
import { createRuntime, type Runtime } from './index.ts';

const guestBinary = '/bin/true';
let home: string;
let runtime: Runtime;
let service: HoldfastService;

async function open(): Promise<void> {
  runtime = await createRuntime({ home, substrate: new FakeSubstrate({ binary: guestBinary }), guestBinary });
  service = runtime.service();
}
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-erasure-'));
  await open();
});
afterEach(async () => {
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

const keeper = (key: string): AgentBundleInput => ({
  entry: 'keeper',
  agents: [
    agentData(
      'keeper',
      [
        { answered: 0, call: [{ tool: 'remember', input: { slot: 'shared', key, value: 'a zebra' } }] },
        { say: 'done' },
      ],
      { tools: ['remember'], memory: { shared: { scope: 'tenant', retentionDays: 30, class: 'personal' } } },
    ),
  ],
});
async function kept(person: string, key: string): Promise<void> {
  const { id } = await service.startSession({ bundle: keeper(key), message: 'go', person, task: true });
  await expect.poll(async () => (await service.getSession(id)).state, { timeout: 10_000 }).toBe('done');
}
const found = async (): Promise<string[]> => (await service.searchMemories({ query: 'zebra' })).map(({ key }) => key);
/** Files that have the name. */
const named = (person: string): string[] =>
  readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath, entry.name), 'latin1').includes(person))
    .map(({ name }) => name);

it('is named, without the name of the person', async () => {
  await kept('ada.lovelace', 'one');
  await kept('milo', 'two');
  const { leftovers, memories } = await service.erasePerson({ person: 'ada.lovelace' });
  expect(leftovers).toEqual([{ kind: 'memory', id: 'shared', why: expect.stringContaining('1 kept for all') }]);
  expect(memories).toBe(0);
  expect((await found()).sort()).toEqual(['one', 'two']);
  await runtime.close();
  expect(named('ada.lovelace')).toEqual([]);
});

it('goes too, where that is said, and what others kept does not', async () => {
  await kept('ada', 'one');
  await kept('milo', 'two');
  expect(await service.erasePerson({ person: 'ada', memories: true })).toMatchObject({ memories: 1, leftovers: [] });
  expect(await found()).toEqual(['two']);
});

it('is named where it was not noted for whom it was kept', async () => {
  await runtime.close();
  const store = openStore({ home });
  const place = { tenant: 'default', scope: 'tenant', owner: 'default', slot: 'old', key: 'k' };
  const facts = { value: 'a zebra', class: 'personal', writtenAt: '2026-01-01T00:00:00.000Z', person: null };
  store.memories.put({ ...place, ...facts, expiresMs: 4e12 });
  store.close();
  await open();
  const { leftovers } = await service.erasePerson({ person: 'ada', memories: true });
  expect(leftovers).toEqual([{ kind: 'memory', id: 'old', why: expect.stringContaining('before it was noted') }]);
  expect(await found()).toEqual(['k']);
});
