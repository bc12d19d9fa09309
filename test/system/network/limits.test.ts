/** What a rule limits is held where the bytes pass, read or unseen, and told as such. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import type { NetworkFlow, NetworkPolicyInput } from '../../../src/schema/index.ts';
import { sh, status, until } from '../../fixtures/network/holding.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

type Rule = NonNullable<NetworkPolicyInput['allow']>[number];
const mediated: Rule = { host: 'friend.test', paths: ['/**'] };
const tunnelled: Rule = { host: '*.friend.test' };
const plain: Rule = { host: 'friend.test', protocol: 'tcp', ports: [9418] };

const bare = "--noproxy '*'";
const measured = "curl -s -m 20 -o /dev/null -w '%{http_code} %{size_download} %{exitcode}'";

/** Says so many bytes of each number in turn to the echo of friend.test, and prints how many came back each time. */
const echoed = (...counts: number[]): string => `python3 - <<'ALL'
import socket
link = socket.create_connection(("friend.test", 9418), timeout=5)
for count in ${JSON.stringify(counts)}:
    try:
        link.sendall(b"x" * count)
        got = 0
        while got < count and (piece := link.recv(65536)): got += len(piece)
        print(got)
    except OSError as error:
        print(type(error).__name__)
ALL`;

describe.skipIf(worldMissing() !== null)('limits of a rule', { timeout: 60_000 }, () => {
  let world: World;
  let inside: Inside;
  beforeAll(async () => {
    world = await openWorld();
    inside = await openInside(world);
  });
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  const boxWith = (rule: Rule, limits: Rule['limits']): Promise<Box> =>
    inside.boxes.create({ network: { allow: [{ ...rule, limits }] } });
  const flows = async (box: Box): Promise<NetworkFlow[]> => {
    const found: NetworkFlow[] = [];
    for await (const flow of inside.service.networkFlows(box.id)) found.push(flow);
    return found;
  };
  /** Flows are told a moment after they are over. */
  const told = async (box: Box, code: NetworkFlow['decision']['code']): Promise<NetworkFlow> => {
    let found: NetworkFlow | undefined;
    await until(async () => {
      found = (await flows(box)).find(({ decision }) => decision.code === code);
      return found !== undefined;
    }, `a flow tells ${code}`);
    if (!found) throw new Error('it was found');
    return found;
  };

  describe('requestsPerMinute', () => {
    it('answers 429 to a request that is read, over any version and by any way', async () => {
      await using box = await boxWith(mediated, { requestsPerMinute: 3 });
      for (const flags of ['', '--http1.1', bare])
        expect(await status(box, 'https://friend.test/ok', flags)).toBe('200');
      const before = world.friend.arrivals.length;
      for (const flags of ['', '--http1.1', bare]) {
        const answer = await sh(box, `curl -si ${flags} https://friend.test/ok`);
        expect(answer).toMatch(/HTTP\/[\d.]+ 429/);
        expect(answer).toMatch(/x-holdfast-decision: rate-limit/);
        expect(answer).toMatch(/"retryable":true/);
      }
      expect(world.friend.arrivals.slice(before)).toEqual([]);
      expect(await told(box, 'rate-limit')).toMatchObject({ kind: 'request', status: 429 });
      // A change of the policy is no new minute.
      await inside.service.setNetwork(box.id, { allow: [{ ...mediated, limits: { requestsPerMinute: 3 } }, plain] });
      expect(await status(box, 'https://friend.test/ok')).toBe('429');
    });

    it('greets the outside no more often than that for connections that never ask', async () => {
      await using box = await boxWith(mediated, { requestsPerMinute: 3 });
      const before = world.friend.accepted();
      const silent = 'timeout 5 openssl s_client -connect friend.test:443 -servername friend.test </dev/null 2>&1';
      const said = await sh(box, `for n in 1 2 3 4 5 6; do ${silent} | grep -c "^SSL-Session\\|^New, TLS"; done`);
      expect(said.split('\n').filter((line) => line === '0')).toEqual([]);
      expect(world.friend.accepted() - before).toBe(3);
      expect(await status(box, 'https://friend.test/ok')).toBe('200');
    });

    it('refuses a tunnel before anything is dialled', async () => {
      await using box = await boxWith(tunnelled, { requestsPerMinute: 2 });
      const url = 'https://a.friend.test/ok';
      for (const flags of ['', bare]) expect(await status(box, url, flags)).toBe('200');
      const before = world.friend.arrivals.length;
      for (const flags of ['', bare]) expect(await sh(box, `curl -sS ${flags} ${url}`)).toMatch(/alert|denied/i);
      expect(world.friend.arrivals.slice(before).filter(({ kind }) => kind !== 'dns')).toEqual([]);
      expect(await told(box, 'rate-limit')).toMatchObject({ kind: 'refused', host: 'a.friend.test', address: null });
    });

    it('refuses a connection of any bytes', async () => {
      await using box = await boxWith(plain, { requestsPerMinute: 1 });
      expect(await sh(box, echoed(10))).toBe('10');
      const before = world.friend.arrivals.length;
      expect(await sh(box, echoed(10))).toMatch(/ConnectionRefused|ConnectionReset/);
      expect(await sh(box, 'curl -sv --proxytunnel http://friend.test:9418/')).toMatch(/HTTP\/1.1 429/);
      expect(world.friend.arrivals.slice(before).filter(({ kind }) => kind !== 'dns')).toEqual([]);
      expect(await told(box, 'rate-limit')).toMatchObject({ kind: 'refused', protocol: 'tcp' });
    });
  });

  describe('bytesUp', () => {
    const post = (size: number, flags: string): string =>
      `head -c ${size} /dev/zero | curl -s -m 20 ${flags} -o /dev/null -w '%{http_code}' --data-binary @- https://friend.test/digest`;

    it.each(['', '--http1.1', `${bare} -H 'transfer-encoding: chunked'`])(
      'cuts a body that is read: %s',
      async (flags) => {
        await using box = await boxWith(mediated, { bytesUp: 10_000 });
        // The rest is for the head.
        expect(await sh(box, post(9500, flags))).toBe('200');
        const before = world.friend.arrivals.length;
        expect(await sh(box, post(10_000, flags))).not.toBe('200');
        expect(await told(box, 'byte-limit')).toMatchObject({ kind: 'request', method: 'POST', path: '/digest' });
        expect(world.friend.arrivals.slice(before).filter(({ kind }) => kind === 'http')).toEqual([]);
      },
    );

    it.each(['', '--http1.1', bare])('refuses a head that is too long alone: %s', async (flags) => {
      await using box = await boxWith(mediated, { bytesUp: 10_000 });
      const before = world.friend.arrivals.length;
      const long = '-H "X: $(head -c 10000 /dev/zero | tr \'\\0\' x)"';
      expect(await status(box, 'https://friend.test/ok', `${flags} ${long}`)).toBe('403');
      expect(await told(box, 'byte-limit')).toMatchObject({ kind: 'request', path: '/ok', status: 403 });
      expect(world.friend.arrivals.slice(before).filter(({ kind }) => kind === 'http')).toEqual([]);
    });

    it('cuts a tunnel', async () => {
      await using box = await boxWith(plain, { bytesUp: 10_000 });
      expect(await sh(box, echoed(4000, 6000, 1))).toMatch(/^4000\n6000\n(0|ConnectionResetError|BrokenPipeError)$/);
      expect(await told(box, 'byte-limit')).toMatchObject({ kind: 'tunnel', bytesDown: 10_000 });
      // Each connection has its own.
      expect(await sh(box, echoed(10_000))).toBe('10000');
    });
  });

  describe('bytesDown', () => {
    it.each(['', '--http1.1', bare])('cuts an answer that is read: %s', async (flags) => {
      await using box = await boxWith(mediated, { bytesDown: 10_000 });
      expect(await sh(box, `${measured} ${flags} https://friend.test/bytes/9500`)).toBe('200 9500 0');
      const [code, size, exit] = (await sh(box, `${measured} ${flags} https://friend.test/bytes/200000`)).split(' ');
      expect({ code, cut: Number(size) <= 10_000, failed: exit !== '0' }).toEqual({
        code: '200',
        cut: true,
        failed: true,
      });
      const flow = await told(box, 'byte-limit');
      expect(flow).toMatchObject({ kind: 'request', path: '/bytes/200000' });
      // The rest was the head.
      expect(flow.bytesDown).toBeGreaterThan(9500);
      expect(flow.bytesDown).toBeLessThan(10_000);
    });

    it('cuts a tunnel', async () => {
      await using box = await boxWith(tunnelled, { bytesDown: 50_000 });
      expect(await sh(box, `${measured} https://a.friend.test/bytes/20000`)).toBe('200 20000 0');
      const [, size, exit] = (await sh(box, `${measured} https://a.friend.test/bytes/200000`)).split(' ');
      expect(Number(size)).toBeLessThan(50_000);
      expect(exit).not.toBe('0');
      expect(await told(box, 'byte-limit')).toMatchObject({ kind: 'tunnel', host: 'a.friend.test' });
    });
  });

  describe('bytesUpPerMinute and bytesDownPerMinute', () => {
    it('are of all requests together', async () => {
      await using box = await boxWith(mediated, { bytesUpPerMinute: 20_000, bytesDownPerMinute: 100_000 });
      const post = 'head -c 9000 /dev/zero | curl -s -o /dev/null -w "%{http_code} " --data-binary @- ';
      expect(await sh(box, `for n in 1 2 3; do ${post} https://friend.test/digest; done`)).toBe('200 200 429');
      expect(await told(box, 'rate-limit')).toMatchObject({ kind: 'request', method: 'POST', status: 429 });
      expect(await sh(box, `${measured} https://friend.test/bytes/90000`)).toBe('200 90000 0');
      expect(await sh(box, `${measured} https://friend.test/bytes/90000`)).not.toBe('200 90000 0');
    });

    it('are of all tunnels together', async () => {
      await using box = await boxWith(plain, { bytesUpPerMinute: 20_000 });
      for (const count of [9000, 9000]) expect(await sh(box, echoed(count))).toBe(String(count));
      expect(await sh(box, echoed(9000))).toMatch(/^(0|ConnectionResetError|BrokenPipeError)$/);
      expect(await told(box, 'rate-limit')).toMatchObject({ kind: 'tunnel' });
    });
  });

  describe('bytesPerSecond', () => {
    const rate = 200_000;
    const size = 500_000;
    /** A quarter of a second's worth may pass at once. */
    const leastMs = ((size - rate / 4) / rate) * 1000 - 100;
    const tookMs = async (box: Box, script: string): Promise<number> => {
      const start = performance.now();
      expect(await sh(box, script)).toMatch(/^(200 \d+ 0\s*)+$/);
      return performance.now() - start;
    };

    it.each([
      ['read', mediated, 'friend.test'],
      ['in a tunnel', tunnelled, 'a.friend.test'],
    ] as const)('slows what comes, %s', async (_, rule, host) => {
      await using box = await boxWith(rule, { bytesPerSecond: rate });
      const ms = await tookMs(box, `${measured} https://${host}/bytes/${size}`);
      expect(ms).toBeGreaterThan(leastMs);
      expect(ms).toBeLessThan(leastMs + 2500);
    });

    it('is shared by all connections and both directions', async () => {
      await using box = await boxWith(mediated, { bytesPerSecond: rate });
      const down = `${measured} https://friend.test/bytes/${size / 2} &`;
      const up = `head -c ${size / 2} /dev/zero | ${measured} --data-binary @- https://friend.test/digest &`;
      const ms = await tookMs(box, `${down} ${up} wait`);
      expect(ms).toBeGreaterThan(leastMs);
      expect(ms).toBeLessThan(leastMs + 2500);
    });
  });
});
