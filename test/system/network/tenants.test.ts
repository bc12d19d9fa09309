/** What left one tenant's sandboxes, and what was taped of it, is nobody else's: two tenants with keys, over TCP. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLog } from '../../../src/base/index.ts';
import { createClient } from '../../../src/client/index.ts';
import type { HoldfastService, NetworkFlow, NetworkPolicyInput, TapeInfo } from '../../../src/schema/index.ts';
import { parseKeys, type RunningServer, serve } from '../../../src/server/index.ts';
import { Attacker, collected, text } from '../../fixtures/attacker.ts';
import { until } from '../../fixtures/network/holding.ts';

let attacker: Attacker;
let server: RunningServer;
let site: Server;
let url = '';
let asked = 0;
let sandbox = '';
let tape: TapeInfo;
let a: HoldfastService;
let b: HoldfastService;

const policy: NetworkPolicyInput = { allow: [{ host: '127.0.0.1', protocol: 'http', addresses: ['127.0.0.1/32'] }] };

beforeAll(async () => {
  attacker = await Attacker.start({ network: { openAddresses: ['127.0.0.1/32'] } });
  site = createServer((_, response) => response.end(`answer ${++asked} to a`));
  await new Promise((resolve) => site.listen(0, '127.0.0.1', () => resolve(null)));
  const { port } = site.address() as AddressInfo;
  url = `http://127.0.0.1:${port}/private`;
  policy.allow?.forEach((rule) => {
    rule.ports = [port];
  });
  const keys = ['a', 'b'].map((name) => `${createHash('sha256').update(`key-${name}`).digest('hex')} ${name} k`);
  server = await serve({
    listen: { host: '127.0.0.1', port: 0 },
    serviceOf: (tenant) => attacker.runtime.service(tenant),
    keys: parseKeys(keys.join('\n'), 'keys'),
    signingKey: new Uint8Array(32).fill(7),
    log: silentLog,
  });
  a = createClient({ baseUrl: server.address, key: 'key-a' });
  b = createClient({ baseUrl: server.address, key: 'key-b' });
  ({ id: sandbox } = await a.createSandbox({ network: { ...policy, tape: { mode: 'record', name: 'private' } } }));
  expect(await fetched(a, sandbox)).toBe('answer 1 to a');
  await until(async () => (await a.listTapes()).some(({ exchanges }) => exchanges === 1), 'it is taped');
  tape = (await a.listTapes())[0] as TapeInfo;
});
afterAll(async () => {
  await server?.close({ graceMs: 0 });
  await attacker?.[Symbol.asyncDispose]();
  site?.closeAllConnections();
  site?.close();
});

it('S6: network flows are read by their tenant alone, whether they are followed or not', async () => {
  expect((await flows(a, sandbox)).map(({ path }) => path)).toContain('/private');
  for (const follow of [false, true]) {
    await expect(flows(b, sandbox, follow)).rejects.toMatchObject({ code: 'sandbox-not-found' });
  }
  await expect(b.explainNetwork(sandbox, { url })).rejects.toMatchObject({ code: 'sandbox-not-found' });
  const { id } = await b.createSandbox({ network: policy });
  const [own] = await flows(a, sandbox);
  // An id of another's flow opens nothing, either.
  for await (const flow of b.networkFlows(id, { since: own?.id ?? '' })) expect(flow.sandbox).toBe(id);
  expect(JSON.stringify(await b.journal())).not.toContain(sandbox);
  await b.destroySandbox(id);
});

it("S6: a tape is not in another's list, nor to be exported, deleted or replayed, by id or by name", async () => {
  expect(await b.listTapes()).toEqual([]);
  for (const ref of [tape.id, 'private']) {
    await expect((async () => collected(await b.exportTape(ref)))()).rejects.toMatchObject({ code: 'not-found' });
    await expect(b.deleteTape(ref)).rejects.toMatchObject({ code: 'not-found' });
    const network: NetworkPolicyInput = { ...policy, tape: { mode: 'replay', tape: ref } };
    await expect(b.createSandbox({ network })).rejects.toMatchObject({ code: 'not-found' });
    const { id } = await b.createSandbox({ network: policy });
    await expect(b.setNetwork(id, network)).rejects.toMatchObject({ code: 'not-found' });
    await b.destroySandbox(id);
  }
  expect((await b.listSandboxes()).items).toEqual([]);
});

it('its tenant still lists, exports, replays and deletes it', async () => {
  expect((await a.listTapes()).map(({ id }) => id)).toEqual([tape.id]);
  await a.destroySandbox(sandbox);
  expect((await collected(await a.exportTape(tape.id))).toString()).toContain('answer 1 to a');
  const { id } = await a.createSandbox({ network: { ...policy, tape: { mode: 'replay', tape: tape.id } } });
  expect(await fetched(a, id)).toBe('answer 1 to a');
  expect(asked).toBe(1);
  await a.destroySandbox(id);
  await a.deleteTape(tape.id);
  expect(await a.listTapes()).toEqual([]);
});

async function fetched(service: HoldfastService, id: string): Promise<string> {
  const { stdout } = await service.exec(id, {
    argv: ['curl', '-s', '-m', '10', '--proxy', proxy, '--noproxy', '', url],
  });
  return text(stdout);
}
/** Loopback addresses are not for the proxy, unless a client is told so. */
const proxy = 'http://127.0.0.1:3128';

async function flows(service: HoldfastService, id: string, follow = false): Promise<NetworkFlow[]> {
  const found: NetworkFlow[] = [];
  for await (const flow of service.networkFlows(id, { follow })) found.push(flow);
  return found;
}
