/** One tenant against another, over every verb and door; forks against each other; what empty options give. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/base/index.ts';
import { createClient } from '../../../src/client/index.ts';
import { type HoldfastService, isHoldfastError } from '../../../src/schema/index.ts';
import { parseKeys, type RunningServer, serve } from '../../../src/server/index.ts';
import { agentData } from '../../fixtures/agent-world.ts';
import { Attacker, text } from '../../fixtures/attacker.ts';
import { everyVerb } from '../../fixtures/every-verb.ts';
import { collected } from '../../fixtures/streams.ts';

const run = promisify(execFile);
const clerk = agentData('clerk', [{ say: 'hello' }], { grants: [], tools: [] });
let attacker: Attacker;
let server: RunningServer;
let ids = { sandbox: '', snapshot: '', template: '', process: '', session: '', recording: '' };

beforeAll(async () => {
  attacker = await Attacker.start();
  const victim = attacker.runtime.service('victim');
  const { id } = await victim.createSandbox({ name: 'private', idempotencyKey: 'shared' });
  const { processId } = await victim.startProcess(id, { argv: ['sleep', '600'] });
  await victim.exec(id, { argv: ['sh', '-c', 'echo secret > s'] });
  const snapshot = await victim.createSnapshot(id);
  const other = await victim.createSandbox({ record: true });
  await victim.destroySandbox(other.id);
  const recording = (await victim.listRecordings({ sandbox: other.id })).items[0]?.id ?? '';
  const session = await victim.startSession({
    bundle: { entry: 'clerk', agents: [clerk] },
    message: 'hi',
    name: 'case',
  });
  ids = { sandbox: id, snapshot: snapshot.id, template: 'host', process: processId, session: session.id, recording };
  const keys = ['victim', 'thief'].map(
    (name) => `${createHash('sha256').update(`key-${name}`).digest('hex')} ${name} k`,
  );
  server = await serve({
    listen: { host: '127.0.0.1', port: 0 },
    serviceOf: (tenant) => attacker.runtime.service(tenant),
    keys: parseKeys(keys.join('\n'), 'keys'),
    signingKey: new Uint8Array(32).fill(7),
    log: silentLog,
  });
});
afterAll(async () => {
  await server?.close({ graceMs: 0 });
  await attacker?.[Symbol.asyncDispose]();
});

/** Verbs that name nobody's sandbox or snapshot. */
const general = [
  'version',
  'doctor',
  'createSandbox',
  'listSandboxes',
  'importFiles',
  'listTools',
  'listTemplates',
  'prune',
  'putSecret',
  'listSecrets',
  'listTapes',
  'importRecording',
  'runTest',
  'listWatches',
  'listFindings',
  'metrics',
  'listSessions',
  'cancelSessions',
  'stopAgents',
  'allowAgents',
  'listStops',
  'listApprovals',
  'searchMemories',
  'auditEntries',
  'verifyAudit',
  'exportAudit',
  'erasePerson',
  'placeHold',
  'listHolds',
];
/** Verbs that are the owner's. */
const reserved = [
  ...['buildTemplate', 'deleteTemplate', 'rotateSecretKey'],
  ...['startWatch', 'stopWatch', 'runCanary', 'acknowledgeFinding'],
];
const absent = /^((sandbox|snapshot|process|session|recording)-)?not-found$/;

const doors: [string, () => HoldfastService][] = [
  ['in-process', () => attacker.runtime.service('thief')],
  ['over HTTP', () => createClient({ baseUrl: server.address, key: 'key-thief' })],
];

describe.each(doors)('another tenant, %s', (_, thief) => {
  for (const [verb, use] of Object.entries(everyVerb)) {
    if (general.includes(verb)) continue;
    const expected = reserved.includes(verb) ? /^forbidden$/ : absent;
    it(`${reserved.includes(verb) ? 'F11' : 'S6'}: ${verb} with somebody else's ids is refused`, async () => {
      // `use` is typed for the recording service's ids, which these are the like of.
      await expect((async () => use(thief(), ids))()).rejects.toMatchObject({ code: expect.stringMatching(expected) });
    });
  }

  it('S6: names, snapshots as templates, mixed comparisons and rollbacks lead nowhere', async () => {
    const service = thief();
    const own = await service.createSandbox({});
    const refused: (() => Promise<unknown>)[] = [
      () => service.getSandbox('private'),
      () => service.exec('private', { argv: ['cat', 's'] }),
      () => service.createSandbox({ template: ids.snapshot }),
      () => service.importFiles(noFiles(), { template: ids.snapshot }),
      () => service.rollbackSandbox(own.id, ids.snapshot),
      () => service.diff({ from: ids.snapshot, to: own.id }),
      () => service.patch({ from: own.id, to: ids.sandbox }),
      () => service.forkSandbox(ids.snapshot),
      () => service.forkSandbox('private'),
      () => service.listSnapshots({ sandbox: ids.sandbox }),
      () => service.getSession('case'),
      () => service.sendToSession('case', { data: 'hi' }),
    ];
    for (const attempt of refused) {
      await expect(attempt()).rejects.toMatchObject({ code: expect.stringMatching(/-not-found$/) });
    }
    await service.destroySandbox(own.id);
  });

  it('S6: lists, the journal and repeated keys hold nothing of others', async () => {
    const service = thief();
    expect((await service.listSandboxes({ all: true })).items.map(({ tenant }) => tenant)).not.toContain('victim');
    expect((await service.listSnapshots()).items.map(({ id }) => id)).not.toContain(ids.snapshot);
    expect(JSON.stringify(await service.journal())).not.toContain(ids.sandbox);
    expect((await service.listSessions({ all: true })).items).toEqual([]);
    expect(await service.metrics()).toContain('tenant="thief"');
    expect(await service.metrics()).not.toContain('victim');
    expect([await service.listWatches(), await service.listFindings()]).toEqual([[], []]);
    const same = await service.createSandbox({ idempotencyKey: 'shared', name: 'private' });
    expect(same.id).not.toBe(ids.sandbox);
    expect(same.tenant).toBe('thief');
    await service.destroySandbox(same.id);
  });
});

describe.each(doors)("another tenant's agents, %s", (_, thief) => {
  it('S6: are stopped by nobody else, and no stop of theirs is seen or lifted', async () => {
    const victim = attacker.runtime.service('victim');
    await victim.stopAgents({ agent: 'clerk' });
    const service = thief();
    expect(await service.listStops()).toEqual([]);
    await expect(service.allowAgents({ agent: 'clerk' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(service.stopAgents({ everyTenant: true })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(service.allowAgents({ everyTenant: true })).rejects.toMatchObject({ code: 'forbidden' });
    for (const tenant of ['victim', 'default', 'nobody']) {
      const named = [service.stopAgents({ tenant, cancel: true }), service.allowAgents({ agent: 'clerk', tenant })];
      for (const asked of [...named, service.cancelSessions({ tenant })])
        await expect(asked).rejects.toMatchObject({ code: 'forbidden' });
    }
    expect((await victim.getSession(ids.session)).endedAt).toBeNull();
    await service.stopAgents();
    expect((await victim.listStops()).map(({ agent, everyTenant }) => [agent, everyTenant])).toEqual([
      ['clerk', false],
    ]);
    await victim.allowAgents({ agent: 'clerk' });
    expect(await victim.listStops()).toEqual([]);
    await service.allowAgents();
  });
});

describe.each(doors)("another tenant's people, %s", (_, thief) => {
  it('S6: are in no audit log, search or export but their own, and are not erased or held by others', async () => {
    const victim = attacker.runtime.service('victim');
    const { person } = await victim.getSession(ids.session);
    const entriesOf = async (service: HoldfastService) => (await service.auditEntries({ person, limit: 1000 })).items;
    const before = (await entriesOf(victim)).length;
    expect(before).toBeGreaterThan(0);
    const service = thief();
    const seen = [
      JSON.stringify(await service.auditEntries({ limit: 1000 })),
      Buffer.from(await collected(await service.exportAudit({ format: 'lines' }))).toString(),
      JSON.stringify(await service.searchMemories({ query: 'hello' })),
    ];
    for (const text of seen) expect(text).not.toContain(ids.session);
    await service.placeHold({ person, reason: 'to keep others from it' });
    expect(await victim.listHolds()).toEqual([]);
    for (const { id } of await service.listHolds()) await service.releaseHold(id);
    await service.erasePerson({ person, cancel: true, reason: 'to harm' });
    expect((await victim.getSession(ids.session)).endedAt).toBeNull();
    expect((await entriesOf(victim)).length).toBeGreaterThanOrEqual(before);
  });
});

describe.each(doors)("another tenant's secrets, %s", (_, thief) => {
  it('S6: are neither listed nor removed, and a name of them is free', async () => {
    const victim = attacker.runtime.service('victim');
    const value = new TextEncoder().encode('a value of the victim');
    await victim.putSecret('token', value);
    expect(await thief().listSecrets()).toEqual([]);
    await expect(thief().deleteSecret('token')).rejects.toMatchObject({ code: 'not-found' });
    const network = { allow: [{ host: 'a.test', mediate: true }], secrets: [{ secret: 'token', environment: 'T' }] };
    await expect(thief().createSandbox({ network })).rejects.toMatchObject({ code: 'not-found' });
    await thief().putSecret('token', new TextEncoder().encode('a value of the thief'));
    await thief().deleteSecret('token');
    expect((await victim.listSecrets()).map(({ name }) => name)).toEqual(['token']);
  });
});

async function* noFiles(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1024);
}

it('S6: without a key, with a wrong one, or with a name of a tenant, there is nothing', async () => {
  const tries = [
    {},
    { authorization: 'Bearer key-nobody' },
    { authorization: 'Bearer victim' },
    { 'x-tenant': 'victim' },
  ];
  for (const headers of tries) {
    const answer = await fetch(`${server.address}/v1/sandboxes/${ids.sandbox}?tenant=victim`, { headers });
    expect(answer.status).toBe(401);
  }
});

it('S6: a page of the web is refused: foreign origin, rebound name', async () => {
  const headers = { authorization: 'Bearer key-victim' };
  const foreign = await fetch(`${server.address}/v1/sandboxes`, {
    headers: { ...headers, origin: 'https://evil.example' },
  });
  expect(foreign.status).toBe(403);
  const { stdout } = await run('curl', [
    '-s',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    '-H',
    'host: evil.example',
    '-H',
    `authorization: ${headers.authorization}`,
    `${server.address}/v1/sandboxes`,
  ]);
  expect(stdout).toBe('403');
});

it.skipIf(process.getuid?.() !== 0)(
  'S7: no other user of the machine reaches an agent or the store (skipped: needs root)',
  async () => {
    const sockets = (await readdir(join(attacker.home, 'run'))).filter((name) => name.endsWith('.sock'));
    expect(sockets.length).toBeGreaterThan(0);
    for (const name of sockets) expect((await stat(join(attacker.home, 'run', name))).mode & 0o777).toBe(0o600);
    for (const place of ['', 'run']) expect((await stat(join(attacker.home, place))).mode & 0o777).toBe(0o700);
    const script = `import socket; socket.socket(socket.AF_UNIX).connect("${join(attacker.home, 'run', sockets[0] ?? '')}")`;
    await expect(run('python3', ['-c', script], { uid: 65_534, gid: 65_534 })).rejects.toThrow('Permission denied');
    await expect(run('ls', [attacker.home], { uid: 65_534, gid: 65_534 })).rejects.toThrow('Permission denied');
  },
);

it('S7: an agent that answers in the place of another is not spoken to', async () => {
  await using own = await Attacker.start({ ephemeral: false });
  const boxes = [await own.box(), await own.box()];
  for (const box of boxes) await box.sh(`echo ${box.id} > /tmp/who`);
  await own.restart(async () => {
    const run = join(own.home, 'run');
    const [one = '', other = '', ...more] = (await readdir(run)).filter((name) => /^[0-9a-f]{20}\.sock$/.test(name));
    expect(more).toEqual([]);
    await rename(join(run, one), join(run, 'aside'));
    await rename(join(run, other), join(run, one));
    await rename(join(run, 'aside'), join(run, other));
  });
  for (const { id } of boxes) {
    const asked = own.service.exec(id, { argv: ['cat', '/tmp/who'] });
    await expect(asked).rejects.toMatchObject({ code: 'sandbox-gone' });
  }
  expect(own.runtime.recovered).toMatchObject({ adopted: 0, ended: 2 });
});

it('F5: no shell grammar is read, and no tool has a word to run outside', async () => {
  const { service } = attacker;
  const { id } = await service.createSandbox({});
  const words = ['$(id)', '`id`', '; id', '| id', '<(id)', '&& id', '\nid', '~', '*'];
  const { stdout } = await service.exec(id, { argv: ['printf', '%s\\0', ...words] });
  expect(text(stdout).split('\0').slice(0, -1)).toEqual(words);
  const tools = await service.listTools();
  expect(tools.length).toBeGreaterThan(2);
  for (const { name, input } of tools) {
    expect(JSON.stringify(input)).not.toMatch(
      /unsandbox|privileged|dangerous|"(host|sandbox|isolation|tenant|mounts?)":/i,
    );
    for (const extra of [{ unsandboxed: true }, { dangerouslyDisableSandbox: true }]) {
      const result = await service.callTool(id, {
        tool: name,
        input: { ...extra, command: 'id', path: '/etc/passwd' },
      });
      expect(result, name).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
    }
  }
});

it('S8: empty options are the most closed ones', async () => {
  const sandbox = await attacker.service.createSandbox({});
  expect(sandbox).toMatchObject({
    isolation: 'namespace',
    user: 'agent',
    network: 'none',
    environment: {},
    tenant: 'default',
  });
  const shown = await attacker.service.exec(sandbox.id, { argv: ['env'] });
  const names = text(shown.stdout)
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]);
  expect(names.sort()).toEqual(
    ['HOLDFAST_PROCESS', 'HOME', 'LANG', 'LOGNAME', 'PATH', 'PWD', 'SHELL', 'USER'].filter((name) =>
      names.includes(name),
    ),
  );
  expect(names).not.toContain('HOLDFAST_HOME');
  for (const option of ['network', 'isolation', 'user'] as const) {
    // What no type allows is refused as well, never taken for the default.
    const input = { [option]: 'host' } as object;
    await expect(attacker.service.createSandbox(input)).rejects.toMatchObject({ code: 'invalid-argument' });
  }
  for (const input of [{ mounts: ['/'] }, { privileged: true }, { limits: { memory: 1 } }] as object[]) {
    await expect(attacker.service.createSandbox(input)).rejects.toMatchObject({ code: 'invalid-argument' });
  }
  // Nothing weaker in its place, whether this machine lacks the substrate or only what it starts from.
  const before = (await attacker.service.listSandboxes({})).items.length;
  const refusal: unknown = await attacker.service.createSandbox({ isolation: 'vm' }).catch((error: unknown) => error);
  expect(['capability-missing', 'template-not-found']).toContain(isHoldfastError(refusal) ? refusal.code : refusal);
  expect((await attacker.service.listSandboxes({})).items).toHaveLength(before);
});

it('S4: a hundred forks draw different random bytes, have their own names, and share no file they write', async () => {
  const { service } = attacker;
  const source = await service.createSandbox({ user: 'root' });
  const program = `import os, random, uuid
print(os.urandom(16).hex(), uuid.uuid4(), random.random(), open("/etc/machine-id").read().strip(), os.uname().nodename)`;
  await service.exec(source.id, { argv: ['sh', '-c', 'echo common > f; echo lib > g'], cwd: '/tmp' });
  const forks = await service.forkSandbox(source.id, { count: 100 });
  const draws = await Promise.all(
    forks.map(async ({ id }) => {
      const { stdout } = await service.exec(id, { argv: ['python3', '-c', program] });
      await service.exec(id, { argv: ['sh', '-c', 'hostname >> f; ln f h'], cwd: '/tmp' });
      return text(stdout).trim().split(' ');
    }),
  );
  for (let column = 0; column < 5; column++) {
    expect(new Set(draws.map((draw) => draw[column])).size, `column ${column}`).toBe(100);
  }
  expect(new Set(forks.map(({ incarnation }) => incarnation)).size).toBe(100);
  const find = async (place: string): Promise<string[]> =>
    (await run('find', [join(attacker.home, place), '-type', 'f', '-printf', '%D:%i %h\n'])).stdout.trim().split('\n');
  const owners = new Map<string, Set<string>>();
  for (const line of [...(await find('sandboxes')), ...(await find('layers'))]) {
    const [inode = '', path = ''] = line.split(' ');
    const owner = path.slice(attacker.home.length).split('/')[2] ?? '';
    owners.set(inode, (owners.get(inode) ?? new Set()).add(owner));
  }
  expect([...owners.values()].filter((of) => of.size > 1)).toEqual([]);
  const { stdout } = await service.exec(source.id, { argv: ['cat', '/tmp/f'] });
  expect(text(stdout)).toBe('common\n');
  await Promise.all(forks.map(({ id }) => service.destroySandbox(id)));
});
