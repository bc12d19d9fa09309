/** What becomes of an exchange under way when what its sandbox may, or what is behind it, is another thing than at its beginning. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  allowed,
  createWorld,
  grant,
  host,
  httpsOrigin,
  originAuthority,
  policyOf,
  sandboxOf,
  talk,
  type World,
  type WorldOptions,
} from '../../../test/unit/mediation-world.ts';
import type { CompiledPolicy, GatewaySandbox, Grant, TapePlayer, TapeRecorder } from '../types.ts';
import type { CertificateAuthority } from './authority.ts';

let authority: CertificateAuthority;
let origin: { server: Http2SecureServer; port: number };
let serve: (request: IncomingMessage, response: ServerResponse) => void;
const worlds: World[] = [];

beforeAll(async () => {
  authority = await originAuthority();
  origin = await httpsOrigin(authority);
  origin.server.on('request', (request, response) => serve(request as never, response as never));
  origin.server.on('upgrade', (_request, socket) => {
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  });
});
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
afterAll(() => {
  origin.server.close();
});

async function open(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(origin.port, authority, options);
  worlds.push(world);
  return world;
}

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

describe('an exchange under way', () => {
  /** One that the outside does not answer, when it has come there. */
  async function waiting(world: World): Promise<{ answer: Promise<string> }> {
    const arrived = Promise.withResolvers<void>();
    serve = () => arrived.resolve();
    const answer = talk(await world.tls(), get('/slow'), '}}');
    await arrived.promise;
    return { answer };
  }

  function change(world: World, sandbox: Partial<GatewaySandbox>): void {
    world.sandbox = sandboxOf(sandbox);
    for (const mediation of world.mediations) mediation.recheck();
  }

  const allowing = (now: Grant): CompiledPolicy => policyOf(() => ({ allowed: true, decision: allowed, grant: now }));

  it.each<[string, Partial<Grant>]>([
    ['limits', { limits: { bytesDown: 1 } }],
    ['credentials', { credentials: [{ secret: 'key', position: { kind: 'basic' } }] }],
  ])('is cut when its rule has other %s', async (_, other) => {
    const world = await open();
    const { answer } = await waiting(world);
    change(world, { policy: allowing({ ...grant, ...other }) });
    expect(await answer).toContain('policy-changed');
    expect(await world.flow()).toMatchObject({ path: '/slow', status: 403, decision: { code: 'policy-changed' } });
  });

  const player: TapePlayer = {
    tape: 'tap_2',
    missed: () => undefined,
    answer: () => Promise.reject(new Error('nothing is asked')),
  };

  it('is cut when a tape is played from now on', async () => {
    const world = await open();
    const { answer } = await waiting(world);
    change(world, { player });
    expect(await answer).toContain('policy-changed');
    expect((await world.flow()).decision).toMatchObject({ code: 'policy-changed', message: expect.stringMatching(/tape/) });
  });

  it('is cut as a WebSocket, too, when a tape is played from now on', async () => {
    const world = await open();
    const socket = await world.tls();
    const upgrade = `GET /live HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
    expect(await talk(socket, upgrade, '\r\n\r\n')).toContain('101');
    const closed = once(socket, 'close');
    change(world, { player });
    await closed;
    expect(await world.flow()).toMatchObject({ kind: 'websocket', decision: { code: 'policy-changed' } });
  });
});

describe('a tape that fails', () => {
  const ignore = (): void => undefined;

  it('is not named in what is told of an exchange that it has not', async () => {
    serve = (_request, response) => response.end('over');
    let count = 0;
    let isLost = false;
    const recorder: TapeRecorder = {
      tape: 'tap_1',
      begin: () => ({
        number: ++count,
        get isLost() {
          return isLost;
        },
        ...{ requestBody: ignore, requestEnd: ignore, response: ignore, responseBody: ignore, responseEnd: ignore },
        ...{ frame: ignore, failed: ignore },
      }),
      resolved: ignore,
      close: () => Promise.resolve(),
    };
    const world = await open({ sandbox: { recorder } });
    const tls = await world.tls();
    await talk(tls, get('/kept'), 'over');
    expect((await world.flow(1)).tape).toEqual({ tape: 'tap_1', exchange: 1 });
    isLost = true;
    await talk(tls, get('/lost'), 'over');
    expect((await world.flow(2)).tape).toBeNull();
  });
});
