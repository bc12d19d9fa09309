/** A tenant against what the owner stopped of it: over HTTP, with the client and with the command line. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silentLog } from '../../src/base/index.ts';
import { createClient, type HoldfastClient } from '../../src/client/index.ts';
import { FakeSubstrate } from '../../src/compute/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import { parseKeys, type RunningServer, serve } from '../../src/server/index.ts';
import { agentData } from '../fixtures/agent-world.ts';
import { runCli } from '../fixtures/cli.ts';

const guestBinary = '/bin/true';
const bundle = { entry: 'clerk', agents: [agentData('clerk', [{ say: 'well' }], { tools: [] })] };
const lineOf = (key: string, words: string): string => `${createHash('sha256').update(key).digest('hex')} ${words}\n`;
const keys =
  lineOf('of-milo', 'default The owner  person=milo') +
  lineOf('of-acme', 'acme Its shop') +
  lineOf('of-eve', 'acme Eve  person=eve') +
  lineOf('of-odo', 'default Auditor  person=odo role=auditor');

let home: string;
let runtime: Runtime;
let server: RunningServer;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hf-levels-'));
  await open();
});
afterEach(async () => {
  await close();
  rmSync(home, { recursive: true, force: true });
});

async function open(): Promise<void> {
  runtime = await createRuntime({ home, substrate: new FakeSubstrate({ binary: guestBinary }), guestBinary });
  server = await serve({
    listen: { host: '127.0.0.1', port: 0 },
    serviceOf: (tenant, person) => runtime.service(tenant, person),
    keys: parseKeys(keys, 'keys'),
    signingKey: new Uint8Array(32),
    log: silentLog,
  });
}

async function close(): Promise<void> {
  await server.close({ graceMs: 100 });
  await runtime.close();
}

const client = (key: string): HoldfastClient => createClient({ baseUrl: server.address, key });

async function post(key: string, path: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${server.address}/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

const begins = (key: string): Promise<boolean> =>
  client(key)
    .startSession({ bundle, message: 'hi', person: key === 'of-eve' ? 'eve' : 'ada' })
    .then(
      () => true,
      () => false,
    );

const ownersWords = /stopped by the owner of this daemon, at \d{4}-.*; tenant acme does not lift that/;
const refused = expect.objectContaining({ code: 'forbidden', message: expect.stringMatching(ownersWords) });

it.each([
  ['all its agents', {}, ['--all']],
  ['one of its agents', { agent: 'clerk' }, ['clerk']],
])('does not lift what the owner stopped: %s', async (_what, whom, words) => {
  expect(await begins('of-acme')).toBe(true);
  const owner = client('of-milo');
  const { stop } = await owner.stopAgents({ ...whom, tenant: 'acme' });
  expect(stop).toMatchObject({ tenant: 'acme', placedFrom: 'owner' });

  for (const key of ['of-acme', 'of-eve']) {
    for (const asked of [whom, { ...whom, tenant: 'acme' }, { ...whom, everyTenant: false }]) {
      const answer = await post(key, '/agents/allow', asked);
      expect(answer).toMatchObject({ status: 403, body: { error: refused } });
      // Who the owner's people are is not said.
      expect(JSON.stringify(answer)).not.toContain('milo');
    }
    for (const asked of [
      { ...whom, tenant: 'default' },
      { ...whom, everyTenant: true },
    ]) {
      expect((await post(key, '/agents/allow', asked)).status).toBe(403);
    }
    await expect(client(key).allowAgents(whom)).rejects.toMatchObject({ code: 'forbidden' });
    const typed = await runCli(['agents', 'allow', ...words], client(key));
    expect([typed.status, typed.stderr.replaceAll('\n', ' ')]).toEqual([4, expect.stringMatching(ownersWords)]);
    // Stopped again by them it does not become theirs.
    expect((await client(key).stopAgents(whom)).stop).toMatchObject({ placedFrom: 'owner', placedBy: null });
    await expect(client(key).allowAgents(whom)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await begins(key)).toBe(false);
  }
  expect((await post('of-odo', '/agents/allow', { ...whom, tenant: 'acme' })).status).toBe(403);

  await close();
  await open();
  await expect(client('of-eve').allowAgents(whom)).rejects.toMatchObject({ code: 'forbidden' });
  const listed = await runCli(['agents', 'stops'], client('of-eve'));
  expect(listed.stdout).toMatch(/acme +the owner +\d{4}-/);
  const tried = (await client('of-acme').auditEntries({ kind: 'kill-switch' })).items.filter(
    ({ decision }) => decision === 'denied',
  );
  expect(tried.length).toBeGreaterThan(8);
  expect(tried[0]?.body).toMatchObject({ does: 'allow', tenant: 'acme' });

  await client('of-milo').allowAgents({ ...whom, tenant: 'acme' });
  expect(await begins('of-acme')).toBe(true);
});

it('lifts what it stopped itself, until the owner stops that too', async () => {
  const [owner, eve] = [client('of-milo'), client('of-eve')];
  expect((await eve.stopAgents({ agent: 'clerk' })).stop).toMatchObject({ placedFrom: 'tenant', placedBy: 'eve' });
  expect(await begins('of-eve')).toBe(false);
  await eve.allowAgents({ agent: 'clerk' });
  expect(await begins('of-eve')).toBe(true);
  // A key without a name is the tenant's as well.
  await client('of-acme').stopAgents({ agent: 'clerk' });
  await eve.allowAgents({ agent: 'clerk' });

  await eve.stopAgents({ agent: 'clerk' });
  const raised = await owner.stopAgents({ agent: 'clerk', tenant: 'acme' });
  expect(raised.stop).toMatchObject({ placedFrom: 'owner', placedBy: null });
  await expect(eve.allowAgents({ agent: 'clerk' })).rejects.toEqual(refused);
  expect(await eve.listStops()).toMatchObject([{ agent: 'clerk', placedFrom: 'owner', placedBy: null }]);
  // Another one's is none of theirs, and stays theirs to lift beside it.
  await eve.stopAgents();
  expect(await eve.allowAgents()).toMatchObject({ agent: null, placedBy: 'eve' });
  await expect(client('of-acme').startSession({ bundle, message: 'hi', person: 'ada' })).rejects.toMatchObject({
    message: 'clerk is stopped by the owner of this daemon',
    hint: expect.stringContaining('until the owner says so'),
  });
  await owner.allowAgents({ agent: 'clerk', tenant: 'acme' });
  expect(await begins('of-eve')).toBe(true);
});

it('is not lifted by what was said before the owner stopped it', async () => {
  const eve = client('of-eve');
  await eve.stopAgents({ agent: 'clerk' });
  const [lifting] = await Promise.allSettled([
    runtime.service('acme', 'eve').allowAgents({ agent: 'clerk' }),
    runtime.service('default', 'milo').stopAgents({ agent: 'clerk', tenant: 'acme' }),
  ]);
  expect(lifting).toMatchObject({ status: 'rejected', reason: { code: 'wrong-state' } });
  await expect(eve.allowAgents({ agent: 'clerk' })).rejects.toEqual(refused);
});
