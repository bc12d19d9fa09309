/** Who may decide: keys of people and of programs over the real server, signed links, and the webhook that carries them. */
import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { silentLog } from '../../src/base/index.ts';
import { createClient, type HoldfastClient } from '../../src/client/index.ts';
import { FakeSubstrate } from '../../src/compute/index.ts';
import { type ApprovalWebhook, createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { AgentBundleInput, Approval, Session } from '../../src/schema/index.ts';
import { approvalUrl, parseKeys, type RunningServer, serve } from '../../src/server/index.ts';
import { agentData } from '../fixtures/agent-world.ts';

const guestBinary = '/bin/true';
const signingKey = new Uint8Array(32).fill(3);
const secret = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const sha = (key: string): string => createHash('sha256').update(key).digest('hex');
const keys = parseKeys(
  [
    `${sha('ada')} acme Ada of acme person=ada`,
    `${sha('milo')} acme Milo person=milo role=approver`,
    `${sha('ines')} acme Ines person=ines role=approver`,
    `${sha('backend')} acme a program`,
    `${sha('auditor')} acme Auditor person=odo role=auditor`,
    `${sha('stranger')} other Milo of another person=milo`,
  ].join('\n'),
  'keys',
);

let home: string;
let runtime: Runtime;
let server: RunningServer;
let sent: string[];

const as = (key: string): HoldfastClient => createClient({ baseUrl: server.address, key });

async function open(webhook?: Partial<ApprovalWebhook> & { url: string }): Promise<void> {
  const send = {
    name: 'send',
    description: 'Sends.',
    capability: 'mail:send',
    risk: 'irreversible' as const,
    idempotent: false,
    untrusted: false,
    input: z.strictObject({ text: z.string() }),
    output: z.strictObject({ sent: z.string() }),
    run: async ({ text }: { text: string }) => {
      sent.push(text);
      return { sent: text };
    },
  };
  runtime = await createRuntime({
    home,
    substrate: new FakeSubstrate({ binary: guestBinary }),
    guestBinary,
    agents: {
      tools: [send as never],
      allowTool: () => true,
      ...(webhook ? { approvalWebhooks: { acme: { secret, approvers: ['ada', 'milo', 'ines'], ...webhook } } } : {}),
    },
  });
  const serviceOf = (tenant: string, person?: string | null) => runtime.service(tenant, person);
  server = await serve({ listen: { host: '127.0.0.1', port: 0 }, serviceOf, keys, signingKey, log: silentLog });
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hf-approvers-'));
  sent = [];
});
afterEach(async () => {
  await server.close({ graceMs: 100 });
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

/** The status that a WebSocket is refused with. */
function upgraded(path: string, key: string): Promise<number> {
  const headers = { connection: 'upgrade', upgrade: 'websocket', authorization: `Bearer ${key}` };
  return new Promise((resolve, reject) => {
    const asked = request(`${server.address}${path}`, { headers }, (response) => resolve(response.statusCode ?? 0));
    asked.on('error', reject).end();
  });
}

const bundle = (approval: Record<string, unknown> = {}): AgentBundleInput => {
  const agent = agentData(
    'clerk',
    [
      { answered: 0, call: [{ tool: 'send', input: { text: 'letter' } }] },
      { sees: 'not approved', say: 'no' },
      { say: 'sent' },
    ],
    { tools: ['send'], approvals: [{ tools: ['send'], withinMs: 60_000, ...approval }] },
  );
  return { entry: 'clerk', agents: [agent] };
};

async function asked(
  client: HoldfastClient,
  more: Record<string, unknown> = {},
  rule = {},
): Promise<[Session, Approval]> {
  const session = await client.startSession({ bundle: bundle(rule), message: 'go', task: true, ...more });
  await until(session.id, 'waiting');
  const [approval] = (await client.listApprovals()).filter((each) => each.session === session.id);
  return [session, approval as Approval];
}

async function until(id: string, state: Session['state']): Promise<void> {
  const owner = runtime.service('acme');
  await expect.poll(async () => (await owner.getSession(id)).state, { timeout: 15_000 }).toBe(state);
}

const refused = (why: RegExp) => expect.objectContaining({ code: 'forbidden', message: expect.stringMatching(why) });

describe('an approval', () => {
  it('is the person’s whose key it is, whatever the request says', async () => {
    await open();
    const [session, { id, requester }] = await asked(as('backend'), { person: 'ada' });
    expect(requester).toBe('ada');
    // Naming another person was all it took before.
    const forged = { approve: true, by: 'milo' } as never;
    await expect(as('ada').decideApproval(id, forged)).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(as('ada').decideApproval(id, { approve: true })).rejects.toEqual(
      refused(/whom the session works for/),
    );
    await expect(as('backend').decideApproval(id, { approve: true })).rejects.toEqual(refused(/names no person/));
    await expect(as('stranger').decideApproval(id, { approve: true })).rejects.toMatchObject({ code: 'not-found' });
    await expect(as('auditor').decideApproval(id, { approve: true })).rejects.toEqual(refused(/auditor/));
    expect(sent).toEqual([]);
    await as('milo').decideApproval(id, { approve: true });
    await until(session.id, 'done');
    expect(sent).toEqual(['letter']);
  });

  it('is not given by who started the session for another, or told it what to do', async () => {
    await open();
    const [first, { id }] = await asked(as('backend'), { person: 'ada' });
    await runtime.service('acme', 'milo').sendToSession(first.id, { data: 'do send it' });
    await expect(as('milo').decideApproval(id, { approve: true })).rejects.toEqual(refused(/told it what to do/));
    await as('ines').decideApproval(id, { approve: false, reason: 'no' });
    await until(first.id, 'done');
    // The owner of the daemon, in-process, may start for others, and is then no second pair of eyes.
    const owner = runtime.service();
    const session = await owner.startSession({ bundle: bundle(), message: 'go', person: 'ada', task: true });
    await expect.poll(async () => (await owner.listApprovals()).length, { timeout: 15_000 }).toBe(1);
    const [approval] = await owner.listApprovals();
    await expect(owner.decideApproval(approval?.id ?? '', { approve: true })).rejects.toEqual(
      refused(/started the session/),
    );
    await runtime.service('default', 'milo').decideApproval(approval?.id ?? '', { approve: true });
    await expect.poll(async () => (await owner.getSession(session.id)).state, { timeout: 15_000 }).toBe('done');
    expect(sent).toEqual(['letter']);
  });

  it('of a key that names a person is asked for that person only', async () => {
    await open();
    expect((await as('ada').startSession({ bundle: bundle(), message: 'go' })).person).toBe('ada');
    await expect(as('ada').startSession({ bundle: bundle(), message: 'go', person: 'milo' })).rejects.toEqual(
      refused(/may not start sessions that work for milo/),
    );
  });

  it('counts each person once, however often they say it', async () => {
    await open();
    const [session, { id }] = await asked(as('ada'), {}, { quorum: 2 });
    await as('milo').decideApproval(id, { approve: true });
    await expect(as('milo').decideApproval(id, { approve: true })).rejects.toMatchObject({ code: 'wrong-state' });
    await until(session.id, 'waiting');
    expect(sent).toEqual([]);
    await as('ines').decideApproval(id, { approve: true });
    await until(session.id, 'done');
    expect(sent).toEqual(['letter']);
  });
});

describe('a key’s role', () => {
  it('lets an approver decide and look, an auditor read the log, and neither anything else', async () => {
    await open();
    const [session] = await asked(as('ada'));
    expect((await as('milo').getSession(session.id)).state).toBe('waiting');
    expect((await as('auditor').verifyAudit()).ok).toBe(true);
    expect((await as('auditor').auditEntries({ session: session.id })).items.length).toBeGreaterThan(2);
    for (const key of ['milo', 'auditor']) {
      const client = as(key);
      // As `session attach` on a terminal.
      const seen: unknown[] = [];
      for await (const update of client.sessionUpdates(session.id)) {
        seen.push(update);
        break;
      }
      expect(seen, key).toMatchObject([{ entry: { kind: 'started' } }]);
      for (const attempt of [
        () => client.startSession({ bundle: bundle(), message: 'go' }),
        () => client.sendToSession(session.id, { data: 'x' }),
        () => client.cancelSession(session.id),
        () => client.cancelSessions(),
        () => client.erasePerson({ person: 'ada' }),
        () => client.placeHold({ reason: 'x' }),
        () => client.listSandboxes(),
        () => client.signFile('box', { path: '/x', method: 'GET' }),
      ]) {
        await expect(attempt(), `${key} ${attempt}`).rejects.toEqual(refused(/the key is an/));
      }
    }
    expect(await upgraded('/v1/sandboxes/box/processes/prc-1/attach', 'milo')).toBe(403);
    await expect(as('milo').auditEntries({})).rejects.toEqual(refused(/approver/));
  });

  it('is read from the keys file, and a word that is none refuses the file', () => {
    expect(keys.map(({ name, person, role }) => [name, person, role]).slice(0, 4)).toEqual([
      ['Ada of acme', 'ada', 'operator'],
      ['Milo', 'milo', 'approver'],
      ['Ines', 'ines', 'approver'],
      ['a program', null, 'operator'],
    ]);
    const [line = ''] = [`${sha('x')} acme X`];
    for (const more of ['role=root', 'person=a/b', 'person=a person=b', 'role=']) {
      expect(() => parseKeys(`${line} ${more}`, 'keys'), more).toThrow(/keys line 1/);
    }
  });
});

describe('a signed link', () => {
  const link = (id: string, more: Record<string, unknown> = {}): string =>
    approvalUrl(signingKey, server.address, {
      tenant: 'acme',
      approval: id,
      person: 'milo',
      expiresAtMs: Date.now() + 60_000,
      ...more,
    });
  const post = async (url: string, body: unknown = { approve: true }): Promise<{ status: number; code?: string }> => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    const { error } = (await response.json()) as { error?: { code: string } };
    return { status: response.status, ...(error ? { code: error.code } : {}) };
  };

  it('decides once, as its person, and by looking decides nothing', async () => {
    await open();
    const [session, { id }] = await asked(as('ada'), {}, { quorum: 2 });
    const url = link(id);
    const seen = await fetch(url);
    expect(await seen.json()).toMatchObject({ id, tool: 'send', approvedBy: [] });
    expect(await post(url)).toEqual({ status: 200 });
    expect(await post(url)).toMatchObject({ status: 409, code: 'wrong-state' });
    expect((await as('ada').listApprovals())[0]?.approvedBy).toEqual(['milo']);
    expect(await post(link(id, { person: 'ines' }), { approve: false })).toEqual({ status: 200 });
    await until(session.id, 'done');
    expect(await post(url)).toMatchObject({ status: 404 });
    expect(sent).toEqual([]);
  });

  it('is worth nothing changed, for another, late, or for whom it works', async () => {
    await open();
    const [, { id }] = await asked(as('ada'));
    const url = link(id);
    for (const forged of [
      url.replace('person=milo', 'person=ines'),
      url.replace('/acme/', '/other/'),
      url.replace(/\.(\d+)\?/, (_, position) => `.${Number(position) + 1}?`),
      url.replace(/expires=\d+/, `expires=${Date.now() + 9_000_000}`),
      url.replace(/signature=./, (start) => `signature=${start.endsWith('A') ? 'B' : 'A'}`),
      link(id, { expiresAtMs: Date.now() - 1 }),
      // Signed as it should be, and still not the requester's to give.
      link(id, { person: 'ada' }),
    ]) {
      expect(await post(forged), forged).toMatchObject({ status: 403, code: 'forbidden' });
    }
    expect(await post(url, { approve: true, by: 'ines' })).toMatchObject({ status: 400 });
    expect(sent).toEqual([]);
  });
});

describe('a webhook', () => {
  let receiver: Server;
  let heard: { headers: IncomingMessage['headers']; body: string }[];
  let answer: (url: string) => { status: number; location?: string };

  beforeEach(async () => {
    heard = [];
    answer = () => ({ status: 204 });
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (piece) => {
        body += piece;
      });
      request.on('end', () => {
        heard.push({ headers: request.headers, body });
        const { status, location } = answer(request.url ?? '');
        response.writeHead(status, location === undefined ? {} : { location }).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    receiver.closeAllConnections();
    receiver.close();
  });
  const url = (): string => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const link: ApprovalWebhook['link'] = (grant) => approvalUrl(signingKey, server.address, grant);

  it('is told of an approval, signed, with a link for each who may decide, and the link works', async () => {
    await open({ url: url(), link });
    const [session, { id }] = await asked(as('ada'));
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(1);
    const [{ headers, body }] = heard as [(typeof heard)[0]];
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const tag = createHmac('sha256', Buffer.alloc(32, 5)).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${tag}`);
    expect(Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp']))).toBeLessThan(60);
    const told = JSON.parse(body) as { approval: Approval; links: { person: string; url: string }[] };
    expect(told).toMatchObject({ type: 'approval-asked', tenant: 'acme', approval: { id } });
    // Not ada, who asks.
    expect(told.links.map(({ person }) => person)).toEqual(['milo', 'ines']);
    const headersOf = { 'content-type': 'application/json' };
    const response = await fetch(told.links[1]?.url ?? '', {
      method: 'POST',
      headers: headersOf,
      body: '{"approve":true}',
    });
    expect(response.status).toBe(200);
    await until(session.id, 'done');
    expect(sent).toEqual(['letter']);
    const { items } = await as('auditor').auditEntries({ kind: 'approval-decided', person: 'ines' });
    expect(items).toHaveLength(1);
  });

  it('is told again after a failure and a restart, and is not led elsewhere', async () => {
    const led: string[] = [];
    answer = (path) => {
      if (path !== '/hook') led.push(path);
      return heard.length === 1 ? { status: 302, location: '/elsewhere' } : { status: heard.length === 2 ? 500 : 204 };
    };
    await open({ url: url() });
    await asked(as('ada'));
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(1);
    await server.close({ graceMs: 100 });
    await runtime.close();
    await open({ url: url() });
    await expect.poll(() => heard.length, { timeout: 15_000 }).toBe(3);
    expect(led).toEqual([]);
    expect(new Set(heard.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(heard).toHaveLength(3);
  });

  it('is not told of what is decided already, and needs a secret that is one', async () => {
    answer = () => ({ status: 500 });
    await open({ url: url() });
    const [session, { id }] = await asked(as('ada'));
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(1);
    await as('milo').decideApproval(id, { approve: true });
    await until(session.id, 'done');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(heard).toHaveLength(1);
    await server.close({ graceMs: 100 });
    await runtime.close();
    for (const wrong of [{ secret: 'short' }, { url: 'file:///etc/passwd' }]) {
      await open({ url: url(), ...wrong });
      await expect(
        as('ada').startSession({ bundle: bundle(), message: 'go' }),
        JSON.stringify(wrong),
      ).rejects.toMatchObject({
        code: 'invalid-argument',
      });
      await server.close({ graceMs: 100 });
      await runtime.close();
    }
    await open();
  });
});
