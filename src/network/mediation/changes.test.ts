/** What becomes of an exchange under way when what its sandbox may, or what is behind it, is another thing than at its beginning. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2SecureServer } from 'node:http2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  allowed,
  createWorld,
  denied,
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
import type { Scope } from '../../base/index.ts';
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

function change(world: World, sandbox: Partial<GatewaySandbox>): void {
  world.sandbox = sandboxOf(sandbox);
  for (const mediation of world.mediations) mediation.recheck();
}

const allowing = (now: Grant): CompiledPolicy => policyOf(() => ({ allowed: true, decision: allowed, grant: now }));

const player: TapePlayer = {
  tape: 'tap_2',
  missed: () => undefined,
  answer: () => Promise.reject(new Error('nothing is asked')),
};

describe('an exchange under way', () => {
  /** One that the outside does not answer, when it has come there. */
  async function waiting(world: World): Promise<{ answer: Promise<string> }> {
    const arrived = Promise.withResolvers<void>();
    serve = () => arrived.resolve();
    const answer = talk(await world.tls(), get('/slow'), '}}');
    await arrived.promise;
    return { answer };
  }

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

  it('is cut when a tape is played from now on', async () => {
    const world = await open();
    const { answer } = await waiting(world);
    change(world, { player });
    expect(await answer).toContain('policy-changed');
    expect((await world.flow()).decision).toMatchObject({
      code: 'policy-changed',
      message: expect.stringMatching(/tape/),
    });
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

describe('a connection that is being made', () => {
  const nowhere: CompiledPolicy = {
    ...policyOf(() => ({ allowed: false, decision: denied('no-rule') })),
    connect: () => ({ action: 'deny', decision: denied('no-rule') }),
  };
  const opened: Grant = { ...grant, addresses: ['10.0.0.0/8'] };
  const opening: CompiledPolicy = { ...allowing(opened), grants: () => [opened] };

  /** Nobody answers; what is told when nobody waits any more. */
  function unanswered() {
    const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
    const scopes: Scope[] = [];
    const dial = (_: Grant, scope: Scope): Promise<never> => {
      const { signal } = scope;
      scopes.push(scope);
      begun.resolve();
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          ended.resolve('ended');
          reject(signal.reason);
        });
      });
    };
    return { dial, scopes, begun: begun.promise, ended: ended.promise };
  }

  it.each<[string, Partial<GatewaySandbox>, Partial<GatewaySandbox>]>([
    ['its request is not allowed', {}, { policy: policyOf(() => ({ allowed: false, decision: denied('no-rule') })) }],
    ['its rule opens other addresses', { policy: opening }, { policy: allowing(grant) }],
    ['a tape is played', {}, { player }],
  ])('for a request is ended when %s', async (_, before, after) => {
    const { dial, scopes, begun } = unanswered();
    const world = await open({ protocol: 'http', dial, sandbox: before });
    const answer = talk(await world.tcp(), get('/a'), '}}');
    await begun;
    expect(scopes.map(({ signal }) => signal.aborted)).toEqual([false]);
    change(world, after);
    // With the change, not with the end of the sandbox's own connection.
    expect(scopes.map(({ signal }) => signal.aborted)).toEqual([true]);
    expect(await answer).toContain('policy-changed');
    expect((await world.flow()).decision.code).toBe('policy-changed');
  });

  it('to greet the outside is ended, and the sandbox hears no answer, where nothing is allowed any more', async () => {
    const { dial, begun, ended } = unanswered();
    const world = await open({ dial });
    const greeted = world.tls().then(
      () => 'greeted',
      () => 'refused',
    );
    await begun;
    change(world, { policy: nowhere });
    expect(await Promise.all([greeted, ended])).toEqual(['refused', 'ended']);
    expect(await world.flow()).toMatchObject({ kind: 'refused', error: null, decision: { code: 'policy-changed' } });
    expect(world.flows).toHaveLength(1);
  });

  it.each<[string, Partial<GatewaySandbox>, Partial<GatewaySandbox>]>([
    ['a tape is played', {}, { player }],
    ['other addresses are opened', { policy: opening }, { policy: allowing(grant) }],
  ])('to greet the outside is ended when %s, and the sandbox is answered', async (_, before, after) => {
    const { dial, begun, ended } = unanswered();
    const world = await open({ dial, sandbox: before });
    const greeted = world.tls();
    await begun;
    change(world, after);
    expect(await ended).toBe('ended');
    expect((await greeted).encrypted).toBe(true);
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
