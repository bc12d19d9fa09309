/** Networks over the life of a sandbox: policies that change under open connections, forks, suspensions, restarts, ends. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import type { HoldfastEvent, NetworkFlow, NetworkPolicyInput } from '../../../src/schema/index.ts';
import { hold, sh, status, until } from '../../fixtures/network/holding.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const everything: NetworkPolicyInput = {
  allow: [
    { host: 'friend.test', paths: ['/**'] },
    { host: 'friend.test', protocol: 'http' },
    { host: '*.friend.test' },
    { host: 'friend.test', protocol: 'tcp', ports: [9418] },
  ],
};
const ok = 'https://friend.test/ok';
const tunnelled = 'https://a.friend.test/ok';

describe.skipIf(worldMissing() !== null)('the network of a sandbox', { timeout: 120_000 }, () => {
  let world: World;
  let inside: Inside;
  beforeAll(async () => {
    world = await openWorld();
    inside = await openInside(world, ['--pool', '1']);
  });
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  it('is cut where a new policy says so, and goes on where it does not', async () => {
    await using box = await inside.boxes.create({ network: everything });
    const [ticks, socket, tunnel, upload, tcp] = await Promise.all([
      hold(box, 'ticks', ['friend.test', 443, '/ticks']),
      hold(box, 'socket', ['friend.test', 443, '/live']),
      hold(box, 'ticks', ['a.friend.test', 443, '/ticks']),
      hold(box, 'upload', ['friend.test', 443, '/kept/upload']),
      hold(box, 'tcp', ['friend.test', 9418]),
    ]);
    for (const held of [ticks, socket, tunnel, upload, tcp]) expect(await held.beats(), held.said()).toBe(true);
    await inside.service.setNetwork(box.id, { allow: [{ host: 'friend.test', paths: ['/kept/**'] }] });
    for (const held of [ticks, socket, tunnel, tcp]) expect(await held.broken()).toMatch(/^broken/);
    expect(await upload.beats(), upload.said()).toBe(true);
    expect(await status(box, 'https://friend.test/kept/1')).toBe('200');
    expect(await status(box, ok)).toBe('403');
    expect(await status(box, tunnelled)).toBe('000');
    await until(async () => (await flows(inside, box)).filter(isCut).length === 4, 'the four cuts are told');
    expect((await inside.service.getSandbox(box.id)).network).toMatchObject({ allow: [{ paths: ['/kept/**'] }] });
  });

  it('comes and goes with policies on a living sandbox', async () => {
    await using box = await inside.boxes.create({});
    expect(await status(box, ok)).toBe('000');
    expect(await sh(box, 'env | grep -c proxy; ls /run/holdfast/trust/ca.crt')).toMatch(/^0\n.*No such file/);
    await inside.service.setNetwork(box.id, everything);
    expect([await status(box, ok), await status(box, tunnelled)]).toEqual(['200', '200']);
    expect(await status(box, ok, "--noproxy '*'")).toBe('200');
    const held = await hold(box, 'ticks', ['friend.test', 443, '/ticks']);
    await inside.service.setNetwork(box.id, 'none');
    await held.broken();
    expect(await status(box, ok, '-x http://127.0.0.1:3128')).toBe('000');
    expect(await sh(box, 'env | grep -c proxy')).toBe('0');
    await inside.service.setNetwork(box.id, everything);
    expect(await status(box, ok)).toBe('200');
  });

  it('is refused whole when it cannot be, and nothing is changed', async () => {
    await using box = await inside.boxes.create({ network: everything });
    const absent: NetworkPolicyInput = { allow: [], secrets: [{ secret: 'absent', environment: 'ABSENT' }] };
    const { items: before } = await inside.service.listSandboxes({ limit: 1000 });
    await expect(inside.boxes.create({ network: absent })).rejects.toMatchObject({ code: 'not-found' });
    await expect(inside.boxes.create({ network: { tape: { mode: 'replay', tape: 'tap-none' } } })).rejects.toThrow();
    await expect(inside.service.setNetwork(box.id, absent)).rejects.toMatchObject({ code: 'not-found' });
    await expect(
      inside.service.setNetwork(box.id, { allow: [{ host: 'friend.test:443' }] } as NetworkPolicyInput),
    ).rejects.toThrow();
    const { items: after } = await inside.service.listSandboxes({ limit: 1000 });
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect((await inside.service.getSandbox(box.id)).network).toMatchObject({
      allow: [{ paths: ['/**'] }, {}, {}, {}],
    });
    expect(await status(box, ok)).toBe('200');
  });

  it('holds what was asked for last, however many ask at once', async () => {
    await using box = await inside.boxes.create({ network: everything });
    await inside.service.putSecret('crowded', Buffer.from('crowded-value-1'));
    const policy = (path: string): NetworkPolicyInput => ({
      allow: [{ host: 'friend.test', paths: [path] }],
      secrets: [{ secret: 'crowded', environment: 'CROWDED' }],
    });
    const changes: Promise<unknown>[] = [];
    for (let turn = 0; turn < 8; turn++) {
      changes.push(inside.service.setNetwork(box.id, policy(`/turn-${turn}`)));
      changes.push(inside.service.putSecret('crowded', Buffer.from(`crowded-value-${turn}`)));
    }
    await Promise.all(changes);
    const { network } = await inside.service.getSandbox(box.id);
    if (network === 'none') throw new Error('it has a policy');
    const path = network.allow[0]?.paths?.[0] ?? '';
    expect(await status(box, `https://friend.test${path}`)).toBe('200');
    const others = [0, 1, 2, 3, 4, 5, 6, 7].map((turn) => `/turn-${turn}`).filter((other) => other !== path);
    for (const other of others) expect(await status(box, `https://friend.test${other}`)).toBe('403');
  });

  it('goes on without a secret that is deleted: what holds its placeholder is refused', async () => {
    const value = 'a-value-that-is-withdrawn';
    await inside.service.putSecret('withdrawn', Buffer.from(value));
    const position = { kind: 'header', name: 'authorization' } as const;
    const network: NetworkPolicyInput = {
      allow: [{ host: 'friend.test', paths: ['/**'], credentials: [{ secret: 'withdrawn', position }] }],
      secrets: [{ secret: 'withdrawn', environment: 'WITHDRAWN' }],
    };
    await using box = await inside.boxes.create({ network });
    const held = await hold(box, 'ticks', ['friend.test', 443, '/ticks']);
    const ask = (): Promise<string> => sh(box, 'curl -s -H "authorization: $WITHDRAWN" https://friend.test/echo');
    const arrived = (from: number): string => JSON.stringify(world.friend.arrivals.slice(from));
    await ask();
    expect(arrived(0)).toContain(value);
    const placeholder = await sh(box, 'echo $WITHDRAWN');
    await inside.service.deleteSecret('withdrawn');
    const before = world.friend.arrivals.length;
    for (let turn = 0; turn < 3; turn++) expect(await ask()).toContain('secret-misplaced');
    expect(await status(box, ok)).toBe('200');
    expect(await held.beats()).toBe(true);
    await inside.kill();
    await inside.start();
    await until(async () => (await ask()).includes('secret-misplaced'), 'it is refused again');
    expect(arrived(before)).not.toContain(value);
    expect(arrived(before)).not.toContain(placeholder);
    // Flows are told a moment after they are over.
    await expect
      .poll(async () => (await flows(inside, box)).at(-1))
      .toMatchObject({ secrets: [], status: 403, decision: { code: 'secret-misplaced' } });
    await inside.service.putSecret('withdrawn', Buffer.from(value));
    await ask();
    expect(arrived(before)).toContain(value);
  });

  it('is forked: own authority, own placeholders, the same policy, no connection', async () => {
    await inside.service.putSecret('forked', Buffer.from('forked-value'));
    const network: NetworkPolicyInput = { ...everything, secrets: [{ secret: 'forked', environment: 'FORKED' }] };
    await using parent = await inside.boxes.create({ network });
    const held = await hold(parent, 'ticks', ['friend.test', 443, '/ticks']);
    const children = await parent.fork({ count: 2 });
    const all = [parent, ...children];
    const own = await Promise.all(
      all.map((one) => sh(one, 'cat /run/holdfast/trust/ca.crt | sha256sum; echo $FORKED')),
    );
    expect(new Set(own).size).toBe(3);
    expect(new Set(own.map((text) => text.split('\n')[1])).size).toBe(3);
    for (const one of all) expect([await status(one, ok), await status(one, tunnelled)]).toEqual(['200', '200']);
    for (const child of children) {
      expect(await status(child, 'https://canary.test/')).toBe('000');
      expect((await flows(inside, child)).some(({ path }) => path === '/ticks')).toBe(false);
      expect(await sh(child, 'pgrep -c python3')).toBe('0');
    }
    expect(await held.beats()).toBe(true);
    // What one may use, the other may not.
    await inside.service.setNetwork(parent.id, 'none');
    expect(await status(children[0] as Box, ok)).toBe('200');
    for (const child of children) await inside.service.destroySandbox(child.id);
  });

  it('outlives snapshots and rollbacks', async () => {
    await using box = await inside.boxes.create({ network: everything });
    const authority = await sh(box, 'sha256sum < /run/holdfast/trust/ca.crt');
    const held = await hold(box, 'ticks', ['friend.test', 443, '/ticks']);
    const snapshot = await box.snapshot();
    expect(await held.beats()).toBe(true);
    await sh(box, 'echo changed > file');
    await box.rollback(snapshot.id);
    expect(await sh(box, 'sha256sum < /run/holdfast/trust/ca.crt')).toBe(authority);
    expect([await status(box, ok), await status(box, tunnelled)]).toEqual(['200', '200']);
    expect(await status(box, ok, "--noproxy '*'")).toBe('200');
    const [fork] = await inside.service.forkSandbox(snapshot.id);
    expect(fork?.network).toBe('none');
    if (fork) await inside.service.destroySandbox(fork.id);
  });

  it('trusts what its template does, besides', async () => {
    await using made = await inside.boxes.create({ user: 'root' });
    const company = join(inside.home, '..', 'company.pem');
    execFileSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '9'],
      ...['-subj', '/CN=company', '-keyout', '/dev/null', '-out', company],
    ]);
    await inside.service.writeFile(made.id, '/tmp/company.pem', readFileSync(company));
    await sh(made, 'mkdir -p /etc/ssl/holdfast && cat /tmp/company.pem >> /etc/ssl/holdfast/ca-certificates.crt');
    const snapshot = await made.snapshot();
    await using box = await inside.boxes.create({ template: snapshot.id, network: everything, user: 'root' });
    const trusted = await sh(box, 'cat /run/holdfast/trust/ca-certificates.crt');
    expect(trusted).toContain(readFileSync(company, 'utf8').trim());
    expect(trusted.length).toBeGreaterThan(10_000);
    expect(await status(box, ok)).toBe('200');
  });

  it('stands still with its sandbox', async () => {
    await using box = await inside.boxes.create({ network: everything });
    const held = await hold(box, 'socket', ['friend.test', 443, '/live']);
    await box.suspend();
    const before = world.friend.arrivals.length;
    await box.resume();
    expect(world.friend.arrivals.length).toBeLessThanOrEqual(before + 4);
    await held.beats();
    expect(await status(box, ok)).toBe('200');
    await box.suspend();
    await inside.service.setNetwork(box.id, { allow: [{ host: 'friend.test', paths: ['/kept'] }] });
    await box.resume();
    expect([await status(box, ok), await status(box, 'https://friend.test/kept')]).toEqual(['403', '200']);
    expect(await held.broken()).toMatch(/^broken/);
    await box.suspend();
    await inside.service.setNetwork(box.id, 'none');
    await box.resume();
    expect(await status(box, ok, '-x http://127.0.0.1:3128')).toBe('000');
  });

  it('comes back from hibernation, with the policy it was given meanwhile', async () => {
    await using box = await inside.boxes.create({ network: everything });
    const authority = await sh(box, 'sha256sum < /run/holdfast/trust/ca.crt');
    await box.suspend({ memory: false });
    await box.resume();
    expect(await sh(box, 'sha256sum < /run/holdfast/trust/ca.crt')).toBe(authority);
    expect([await status(box, ok), await status(box, tunnelled)]).toEqual(['200', '200']);
    await box.suspend({ memory: false });
    await inside.service.setNetwork(box.id, { allow: [{ host: 'friend.test', paths: ['/kept'] }] });
    await box.resume();
    expect([await status(box, ok), await status(box, 'https://friend.test/kept')]).toEqual(['403', '200']);
  });

  it('is there again after a restart of the daemon, also of one that stood still', async () => {
    await inside.service.putSecret('restarted', Buffer.from('restarted-value'));
    const network: NetworkPolicyInput = { ...everything, secrets: [{ secret: 'restarted', environment: 'RESTARTED' }] };
    await using awake = await inside.boxes.create({ network });
    await using asleep = await inside.boxes.create({ network });
    const mark = 'sha256sum < /run/holdfast/trust/ca.crt; echo $RESTARTED $http_proxy';
    const before = [await sh(awake, mark), await sh(asleep, mark)];
    await asleep.suspend();
    const keyBefore = readFileSync(join(inside.home, 'secrets.key'));
    await inside.service.rotateSecretKey();
    expect(readFileSync(join(inside.home, 'secrets.key'))).not.toEqual(keyBefore);
    await inside.kill();
    await inside.start();
    // At once: what is started before the gateway is there again still gets its variables.
    expect(await sh(awake, mark)).toBe(before[0]);
    await until(async () => (await status(awake, ok)) === '200', 'it works again');
    await asleep.resume();
    expect(await sh(asleep, mark)).toBe(before[1]);
    await until(async () => (await status(asleep, ok)) === '200', 'it works again');
    expect(await status(awake, 'https://canary.test/')).toBe('000');
  });

  it('goes on when its tape cannot be written any more, and tells so', async () => {
    const { service } = inside;
    const told: HoldfastEvent[] = [];
    const listening = new AbortController();
    const following = (async () => {
      for await (const event of service.events({ types: ['tape-failed'] }, { signal: listening.signal }))
        told.push(event);
    })().catch(() => undefined);
    await using box = await inside.boxes.create({
      network: { ...everything, tape: { mode: 'record', name: 'broken' } },
    });
    expect(await status(box, ok)).toBe('200');
    await until(
      async () => (await service.listTapes()).some(({ name, exchanges }) => name === 'broken' && exchanges > 0),
      'it is taped',
    );
    const tape = (await service.listTapes()).find(({ name }) => name === 'broken')?.id ?? '';
    const blobs = join(inside.home, 'tapes', tape, 'blobs');
    rmSync(blobs, { recursive: true, force: true });
    writeFileSync(blobs, 'in the way');
    expect(await status(box, 'https://friend.test/bytes/1000000')).toBe('200');
    await until(() => told.length > 0, 'it is told');
    listening.abort();
    await following;
    expect(told).toMatchObject([{ sandbox: box.id, data: { tape, reason: expect.any(String) } }]);
    expect(await status(box, 'https://friend.test/after')).toBe('200');
    await until(async () => (await flows(inside, box)).some(({ path }) => path === '/after'), 'the flow is told');
    expect((await flows(inside, box)).find(({ path }) => path === '/after')?.tape).toBeNull();
    await service.setNetwork(box.id, { allow: [{ host: 'friend.test', paths: ['/ok'] }] });
    expect([await status(box, 'https://friend.test/after'), await status(box, ok)]).toEqual(['403', '200']);
  });

  it('says why it is not there after a restart, and is there as soon as it can be', async () => {
    const { service } = inside;
    await using recorded = await inside.boxes.create({
      network: { ...everything, tape: { mode: 'record', name: 'damaged' } },
    });
    expect(await status(recorded, ok)).toBe('200');
    await service.setNetwork(recorded.id, 'none');
    const tape = (await service.listTapes()).find(({ name }) => name === 'damaged')?.id ?? '';
    const network: NetworkPolicyInput = { ...everything, tape: { mode: 'replay', tape } };
    await using box = await inside.boxes.create({ network });
    expect(await status(box, ok)).toBe('200');
    const lines = join(inside.home, 'tapes', tape, 'exchanges.jsonl');
    const whole = readFileSync(lines);
    await inside.kill();
    writeFileSync(lines, 'damaged');
    await inside.start();
    const problem = async (): Promise<string | undefined> => (await service.getSandbox(box.id)).networkProblem;
    await until(async () => (await problem()) !== undefined, 'the problem is told');
    expect(await problem()).toContain(tape);
    expect((await service.explainNetwork(box.id, { url: ok })).later).toContain('no network');
    expect(await status(box, ok)).toBe('000');
    writeFileSync(lines, whole);
    await until(async () => (await status(box, ok)) === '200', 'it works again', 20_000);
    expect(await problem()).toBeUndefined();
  });

  it('is given to sandboxes that waited, and once to those made twice', async () => {
    await using handed = await inside.boxes.create({ network: everything });
    expect(await status(handed, ok)).toBe('200');
    const request = { network: everything, idempotencyKey: `twice-${Date.now()}` };
    const [one, two] = await Promise.all([inside.boxes.create(request), inside.boxes.create(request)]);
    expect(two.id).toBe(one.id);
    expect(await status(one, ok)).toBe('200');
    await one.suspend();
    expect((await inside.boxes.create(request)).id).toBe(one.id);
    await inside.service.destroySandbox(one.id);
  });

  it('keeps no connection that its client has ended', async () => {
    await using box = await inside.boxes.create({ network: everything });
    for (const flags of ['', '--http1.1', "--noproxy '*'"])
      await sh(box, `for i in $(seq 15); do curl -s -o /dev/null ${flags} ${ok}; done`);
    await sh(box, `for i in $(seq 15); do curl -s -o /dev/null ${tunnelled}; done`);
    // 08: the other side has ended it, and this one has not.
    const waiting = 'awk \'$4 == "08"\' /proc/net/tcp | wc -l';
    await until(async () => (await sh(box, waiting)) === '0', 'every connection is closed');
  });

  it('ends with its sandbox', async () => {
    const box = await inside.boxes.create({ network: everything });
    await hold(box, 'upload', ['friend.test', 443, '/upload-to-the-end']);
    await until(() => lastUpload() > Date.now() - 200, 'bytes arrive');
    await inside.service.destroySandbox(box.id);
    const endedMs = Date.now();
    await until(() => Date.now() > endedMs + 1000, 'a second is over');
    expect(lastUpload()).toBeLessThan(endedMs + 100);
  });

  const lastUpload = (): number => world.friend.arrivals.findLast(({ what }) => what.includes('bytes up'))?.atMs ?? 0;
});

const isCut = ({ decision }: NetworkFlow): boolean => decision.code === 'policy-changed';

async function flows(inside: Inside, box: Box): Promise<NetworkFlow[]> {
  const found: NetworkFlow[] = [];
  for await (const flow of inside.service.networkFlows(box.id)) found.push(flow);
  return found;
}
