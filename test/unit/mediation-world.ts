/** A sandbox's side, a gateway with stand-ins for everything but mediation, and an outside, over real sockets on loopback. */
import { once } from 'node:events';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { type Scope, systemClock } from '../../src/base/index.ts';
import { type CertificateAuthority, createAuthority } from '../../src/network/mediation/authority.ts';
import { type Mediation, mediate } from '../../src/network/mediation/mediate.ts';
import type {
  CompiledPolicy,
  FlowReport,
  GatewaySandbox,
  Grant,
  MediatedConnection,
  RequestQuestion,
  RequestVerdict,
} from '../../src/network/types.ts';
import type { Decision } from '../../src/schema/index.ts';

export const host = 'api.origin.test';

export const grant: Grant = {
  rule: { list: 'allow', index: 0, preset: null, line: 3, text: `allow https ${host}` },
  addresses: [],
  limits: {},
  credentials: [],
};

export const allowed: Decision = { allowed: true, code: 'allowed', rule: grant.rule, message: 'allowed', hint: null };
export const denied = (code: Decision['code'], message = 'It is not allowed'): Decision => ({
  allowed: false,
  code,
  rule: null,
  message,
  hint: 'allow: [...]',
});

export function policyOf(
  request: (question: RequestQuestion) => RequestVerdict = () => ({ allowed: true, decision: allowed, grant }),
): CompiledPolicy {
  return {
    policy: { version: 1, presets: [], allow: [], deny: [], secrets: [] },
    name: () => allowed,
    ports: () => [443],
    connect: () => ({ action: 'mediate', decision: allowed, protocol: 'https' }),
    request,
    grants: () => [grant],
    address: () => allowed,
  };
}

export const sandboxOf = (parts: Partial<GatewaySandbox> = {}): GatewaySandbox => ({
  sandbox: 'sbx_test',
  policy: policyOf(),
  broker: null,
  recorder: null,
  player: null,
  meter: { admit: () => null, admitGreeting: () => true, stream: () => null },
  ...parts,
});

export interface World {
  authority: CertificateAuthority;
  originAuthority: CertificateAuthority;
  flows: FlowReport[];
  dials: string[];
  mediations: Mediation[];
  frontPort: number;
  /** What the gateway knows at present. */
  sandbox: GatewaySandbox;
  /** The sandbox's TLS socket to the mediated destination. */
  tls(options?: { servername?: string; alpn?: string[] }): Promise<TLSSocket>;
  tcp(): Promise<Socket>;
  /** Waits until so many flows were reported. */
  flow(count?: number): Promise<FlowReport>;
  close(): Promise<void>;
}

export interface WorldOptions {
  protocol?: 'https' | 'http';
  port?: number;
  sandbox?: Partial<GatewaySandbox>;
  /** Refuses to know the outside's authority. */
  isDistrusting?: boolean;
  /** Hands mediation a stream that is no socket, as the guest's channel does. */
  isWrapped?: boolean;
  dial?: (grant: Grant, scope: Scope) => Promise<Socket>;
}

export async function createWorld(
  originPort: number,
  originAuthority: CertificateAuthority,
  options: WorldOptions = {},
): Promise<World> {
  const authority = await createAuthority('sbx_test', { clock: systemClock });
  const front = createServer({ noDelay: true });
  const sockets = new Set<Socket>();
  const world: World = {
    authority,
    originAuthority,
    flows: [],
    dials: [],
    mediations: [],
    frontPort: 0,
    sandbox: sandboxOf(options.sandbox),
    async tls({ servername = host, alpn } = {}) {
      const tls = connectTls({
        port: world.frontPort,
        host: '127.0.0.1',
        servername,
        ca: authority.pem.certificate,
        ...(alpn ? { ALPNProtocols: alpn } : {}),
      });
      await once(tls, 'secureConnect');
      return tls;
    },
    async tcp() {
      const socket = connectTcp(world.frontPort, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
    async flow(count = 1) {
      for (let turn = 0; turn < 400 && world.flows.length < count; turn++) await systemClock.sleep(5);
      const flow = world.flows[count - 1];
      if (!flow) throw new Error(`only ${world.flows.length} flows were reported`);
      return flow;
    },
    async close() {
      for (const mediation of world.mediations) mediation.close();
      for (const socket of sockets) socket.destroy();
      front.close();
      await once(front, 'close');
    },
  };
  front.on('connection', (socket) => {
    sockets.add(socket);
    const connection: MediatedConnection = {
      stream: options.isWrapped ? wrapped(socket) : socket,
      destination: { host, port: options.port ?? (options.protocol === 'http' ? 80 : 443) },
      protocol: options.protocol ?? 'https',
      via: 'transparent',
      current: () => world.sandbox,
      dialler: {
        async dial(destination, wanted, _policy, scope) {
          world.dials.push(`${destination.host}:${destination.port}`);
          if (options.dial) return { socket: await options.dial(wanted, scope), address: '192.0.2.1', bare: null };
          const dialled = connectTcp(originPort, '127.0.0.1');
          sockets.add(dialled);
          await once(dialled, 'connect');
          return { socket: dialled, address: '192.0.2.1', bare: null };
        },
      },
      report: (flow) => world.flows.push(flow),
    };
    const settings = options.isDistrusting ? {} : { extraAuthorities: originAuthority.pem.certificate };
    world.mediations.push(mediate(connection, authority, settings));
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  world.frontPort = (front.address() as AddressInfo).port;
  return world;
}

/** A stream that only looks like a socket, with a socket's back-pressure. */
function wrapped(socket: Socket): Duplex {
  const duplex = new Duplex({
    read: () => socket.resume(),
    write: (chunk, _encoding, done) => {
      if (socket.write(chunk)) done();
      else socket.once('drain', done);
    },
    final: (done) => {
      socket.end(done);
    },
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk) => duplex.push(chunk) || socket.pause());
  socket.on('end', () => duplex.push(null));
  socket.on('error', () => duplex.destroy());
  socket.on('close', () => duplex.destroy());
  return duplex;
}

export const originAuthority = (): Promise<CertificateAuthority> => createAuthority('origin', { clock: systemClock });

/** Speaks both versions of HTTP, by what is offered. */
export async function httpsOrigin(
  authority: CertificateAuthority,
  settings: object = {},
): Promise<{ server: Http2SecureServer; port: number }> {
  const server = createSecureServer({
    allowHTTP1: true,
    ...settings,
    SNICallback: (name, done) => {
      authority.leaf(name).then((context) => done(null, context), done);
    },
  });
  return { server, port: await listening(server) };
}

/** Answers in bytes, for what no server would say. */
export async function rawTlsOrigin(
  authority: CertificateAuthority,
  serve: (socket: TLSSocket) => void,
): Promise<{ server: Server; port: number }> {
  const server = createTlsServer(
    { SNICallback: (name, done) => void authority.leaf(name).then((context) => done(null, context), done) },
    (socket) => {
      socket.on('error', () => undefined);
      serve(socket);
    },
  );
  return { server, port: await listening(server) };
}

async function listening(server: Server | Http2SecureServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Sends text, and reads what comes until the text `until` is there or the connection ends. */
export async function talk(socket: Socket, text: string | Buffer, until?: string): Promise<string> {
  let heard = '';
  return new Promise((resolve, reject) => {
    const done = (): void => {
      socket.off('data', onData).off('end', done).off('close', done).off('error', done);
      resolve(heard);
    };
    const onData = (chunk: Buffer): void => {
      heard += chunk.toString('latin1');
      if (until !== undefined && heard.includes(until)) done();
    };
    socket.on('data', onData).on('end', done).on('close', done).on('error', done);
    if (socket.destroyed) reject(new Error('the socket is gone'));
    if (text.length > 0) socket.write(text);
  });
}
