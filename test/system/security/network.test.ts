/**
 * The boundary's guards, each attacked once: with the guard taken away (`npm run guards`) the attack works. Every way around
 * that is known is in test/system/network.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import type { NetworkPolicyInput } from '../../../src/schema/index.ts';
import { sh, status, until } from '../../fixtures/network/holding.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const secret = 'guarded-value-0123456789';
/** Of the daemon under test, on every address that its machine has. */
const ports = { api: 7420, previews: 7421 };
/** Allowed names that lead to the daemon's machine. */
const ownNames = ['loopback.friend.test', 'self.friend.test', 'self6.friend.test'];
const policy: NetworkPolicyInput = {
  allow: [
    {
      host: 'friend.test',
      methods: ['GET'],
      paths: ['/ok', '/ok/**', '/echo'],
      credentials: [{ secret: 'guarded', position: { kind: 'header', name: 'authorization' } }],
    },
    { host: '*.friend.test' },
    { host: [...ownNames, 'routed.friend.test'], protocol: 'http', ports: [80, 8080, ...Object.values(ports)] },
  ],
  deny: [{ host: 'no.friend.test' }],
  secrets: [{ secret: 'guarded', environment: 'GUARDED' }],
};

describe.skipIf(worldMissing() !== null)('the network boundary', () => {
  let world: World;
  let inside: Inside;
  let box: Box;
  const directory = mkdtempSync(join(tmpdir(), 'hf-keys-'));
  beforeAll(async () => {
    const keys = join(directory, 'keys');
    writeFileSync(keys, `${createHash('sha256').update('a key').digest('hex')} default test\n`, { mode: 0o600 });
    world = await openWorld();
    inside = await openInside(world, [
      ...['--listen', `[::]:${ports.api}`, '--keys', keys],
      ...['--preview-listen', `[::]:${ports.previews}`],
    ]);
    await inside.service.putSecret('guarded', Buffer.from(secret));
    box = await inside.boxes.create({ network: policy });
    // What is allowed works, or the rest would say nothing.
    expect(await status(box, 'https://friend.test/ok')).toBe('200');
    expect(await status(box, 'https://a.friend.test/')).toBe('200');
  });
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const heard = (text: string): boolean =>
    JSON.stringify([world.friend.arrivals, world.canary.arrivals]).includes(text);
  const echo = 'https://friend.test/echo';

  it('N1: a host with a NUL byte is no host', async () => {
    const connect = 'CONNECT canary.test\\0.friend.test:443 HTTP/1.1\\r\\n\\r\\n';
    const answer = await sh(
      box,
      `printf '${connect}' | timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/3128; cat >&3; cat <&3'`,
    );
    expect(answer).not.toContain(' 200 ');
    const said = `\\5\\1\\0\\5\\1\\0\\3\\30canary.test\\0.friend.test\\1\\273`;
    await sh(box, `printf '${said}' | timeout 2 bash -c 'exec 3<>/dev/tcp/127.0.0.1/1080; cat >&3; cat <&3' | od -c`);
    const decisions: string[] = [];
    await until(async () => {
      for await (const { host, decision } of inside.service.networkFlows(box.id, { denied: true }))
        if (host.startsWith('canary.test')) decisions.push(decision.code);
      return decisions.length > 0;
    }, 'the refusal is told');
    expect(new Set(decisions)).toEqual(new Set(['host-malformed']));
  });

  it('N2: a request is measured as it is sent on', async () => {
    const hidden = 'GET /secret HTTP/1.1\\r\\nHost: friend.test\\r\\n\\r\\n';
    const flags = "--http1.1 -X GET -H 'Connection: content-length' --data-binary @-";
    const answer = await sh(
      box,
      `printf '${hidden}' | curl -s -o /dev/null -w '%{http_code}' ${flags} https://friend.test/ok`,
    );
    expect(answer).toBe('400');
    expect(heard('/secret')).toBe(false);
  });

  it('N3: nothing is left of the gateway when its daemon is gone', async () => {
    const gateway = inside.gatewayPid() ?? 0;
    await inside.kill();
    try {
      await until(() => hasEnded(gateway), 'it ends', 2000);
    } finally {
      if (!hasEnded(gateway)) process.kill(gateway, 'SIGKILL');
      await inside.start();
    }
    await until(async () => (await status(box, 'https://friend.test/ok')) === '200', 'it works again');
  });

  it('N6: a TLS greeting names the destination', async () => {
    const to = '--connect-to canary.test:443:a.friend.test:443';
    expect(await status(box, 'https://canary.test/ok', `-k ${to}`)).toBe('000');
  });

  it('N6: a request names the destination', async () => {
    expect(await status(box, 'https://friend.test/ok', "-H 'Host: canary.test'")).not.toBe('200');
  });

  it('N6: a header that leads on names the destination', async () => {
    expect(await status(box, 'https://friend.test/ok', "-H 'X-Forwarded-Host: canary.test'")).toBe('421');
  });

  it('N7: no allowed name leads to a private address', async () => {
    for (const at of [0, 1, 4]) expect(await status(box, `https://inward${at}.friend.test/`, '-k')).toBe('000');
    expect(world.canary.packets()).toBe(0);
  });

  it('N9: nothing of the machine answers, whatever it is called', async () => {
    // It listens from the first share on.
    await inside.service.sharePort(box.id, { port: 8000 });
    const literal = ['127.0.0.1', '[::1]', '44.213.7.1', '44.214.7.1', '[2a13:213:7::1]'];
    const names = ['localhost', 'ip6-localhost', 'host.docker.internal', 'host.containers.internal', hostname()];
    const places = [...literal, ...names, ...ownNames];
    const at = [80, 8080, ...Object.values(ports)];
    const ask = (flags: string): Promise<string> =>
      sh(
        box,
        `for name in ${places.join(' ')}; do for port in ${at.join(' ')}; do
          curl -sg -m 10 -o /dev/null -w "$name %{http_code} %header{x-holdfast-decision}\\n" ${flags} http://$name:$port/
        done; done`,
      );
    const [arrivals, accepted] = [world.home.arrivals.length, world.home.accepted()];
    const decisionOf = (name: string): string => {
      if (ownNames.includes(name)) return 'address-refused';
      return /[.:]/.test(name) ? 'no-rule' : 'host-malformed';
    };
    const denied = places.flatMap((name) => at.map(() => `${name} 403 ${decisionOf(name)}`));
    expect((await ask('--noproxy "" -x http://127.0.0.1:3128')).split('\n')).toEqual(denied);
    // Without a proxy its own loopback refuses, there is no way to an address, and no other name exists.
    const direct = denied.map((line) => (line.endsWith('address-refused') ? line : line.replace(/ 403 .*/, ' 000')));
    expect((await ask("--noproxy '*'")).split('\n').map((line) => line.trimEnd())).toEqual(direct);
    expect([world.home.arrivals.length, world.home.accepted()]).toEqual([arrivals, accepted]);
    // They do listen, and a connection would have been counted.
    for (const port of Object.values(ports)) {
      const [file = '', ...argv] = world.atHome(['curl', '-s', '-o', '/dev/null', `http://44.213.7.1:${port}/`]);
      execFileSync(file, argv);
    }
    expect(world.home.accepted()).toBe(accepted + Object.values(ports).length);
  });

  it('N9: a connection that leads back to the machine carries nothing', async () => {
    const url = `http://routed.friend.test:${ports.api}/v1/health`;
    const health = ['curl', '-s', '-H', `Host: 127.0.0.1:${ports.api}`, `http://44.213.9.9:${ports.api}/v1/health`];
    const [file = '', ...argv] = world.atHome(health);
    expect(execFileSync(file, argv, { encoding: 'utf8' })).toBe('{"status":"ok"}');
    expect(await sh(box, `curl -s -o /dev/null -w '%{http_code} %header{x-holdfast-decision}' ${url}`)).toBe(
      '403 address-refused',
    );
  });

  it('N12: other methods are refused', async () => {
    expect(await status(box, 'https://friend.test/ok', '-d body')).toBe('403');
  });

  it('N12: other paths are refused', async () => {
    expect(await status(box, 'https://friend.test/secret')).toBe('403');
  });

  it('N12: deny beats allow', async () => {
    expect(await status(box, 'https://no.friend.test/')).toBe('000');
  });

  it('S1: an echoed secret comes back as its placeholder', async () => {
    const answer = await sh(box, `curl -s -H "Authorization: Bearer $GUARDED" ${echo}`);
    expect(heard(secret)).toBe(true);
    expect(answer).toContain('hfs_');
    expect(answer).not.toContain(secret);
  });

  it('S2: a placeholder leaves nowhere but where it is declared', async () => {
    expect(await status(box, echo, '-H "X-Other: $GUARDED"')).toBe('403');
    expect(heard('x-other')).toBe(false);
  });

  it('S2: a value stands nowhere but where it is declared', async () => {
    expect(await status(box, echo, '-H "X-Mine: $GUARDED"')).toBe('403');
    expect(JSON.stringify(world.friend.arrivals).toLowerCase()).not.toContain('x-mine');
  });

  it('S3: a tape holds no secret', async () => {
    await using taped = await inside.boxes.create({ network: { ...policy, tape: { mode: 'record', name: 'guards' } } });
    await sh(taped, `curl -s -H "Authorization: Bearer $GUARDED" ${echo}`);
    let har = '';
    await until(async () => {
      har = '';
      for await (const piece of await inside.service.exportTape('guards')) har += Buffer.from(piece).toString();
      return har.includes('hfs_');
    }, 'it is on the tape');
    expect(har).not.toContain(secret);
  });

  it('S3: the gateway leaves no core', () => {
    expect(readFileSync(`/proc/${inside.gatewayPid()}/coredump_filter`, 'utf8').trim()).toBe('00000000');
  });
});

/** Whoever takes its place as a parent may be slow to ask for its status. */
function hasEnded(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}
