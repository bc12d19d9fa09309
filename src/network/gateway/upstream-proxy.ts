/**
 * The way out where the host itself has none but a proxy: HTTP, or SOCKS5 that resolves names. Its own address is
 * configuration, so it is dialled without a question to any policy. An HTTP proxy is asked by CONNECT, but for plain requests,
 * which it takes in absolute form: many let CONNECT through to port 443 alone.
 */
import { Buffer } from 'node:buffer';
import { BlockList, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, type Scope, untilOrEnded } from '../../base/index.ts';
import { asHoldfastError, HoldfastError } from '../../schema/index.ts';
import type { Destination } from '../types.ts';
import { writeAuthority } from './authority.ts';
import { connectFirst } from './connect-first.ts';
import { type ReadAhead, readAhead } from './read-ahead.ts';

export interface UpstreamProxyOptions {
  kind: 'http' | 'socks5';
  host: string;
  port: number;
  credentials: { user: string; password: string } | null;
  /** As upstream-setting.ts reads them: names with all below them, addresses, CIDR ranges, or `*`. */
  except: readonly string[];
}

const answerTimeoutMs = 10_000;
const maxAnswerBytes = 16 * 1024;

export class UpstreamProxy {
  readonly #options: UpstreamProxyOptions;
  readonly #clock: Clock;
  readonly #lookup: (host: string) => Promise<string[]>;
  readonly #exceptAddresses = new BlockList();

  constructor(options: UpstreamProxyOptions, clock: Clock, lookup: (host: string) => Promise<string[]>) {
    this.#options = options;
    this.#clock = clock;
    this.#lookup = lookup;
    for (const entry of options.except) addRange(this.#exceptAddresses, entry);
  }

  /** False for what is dialled directly. */
  concerns(host: string): boolean {
    const family = isIP(host);
    if (family !== 0 && this.#exceptAddresses.check(host, family === 6 ? 'ipv6' : 'ipv4')) return false;
    return !this.#options.except.some((entry) => {
      const name = entry.replace(/^\./, '');
      return entry === '*' || host === name || (family === 0 && host.endsWith(`.${name}`));
    });
  }

  async connect(destination: Destination, scope: Scope): Promise<Duplex> {
    const { kind } = this.#options;
    const socket = await this.#reach(scope);
    const leave = scope.onEnd(() => void socket.destroy());
    try {
      await (kind === 'http' ? this.#throughHttp(socket, destination) : this.#throughSocks(socket, destination));
      scope.throwIfEnded();
      return socket;
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      leave();
    }
  }

  /** Itself, for plain HTTP in absolute form; null of one that takes none. */
  async forward(scope: Scope): Promise<{ socket: Duplex; proxy: { authorization: string | null } } | null> {
    if (this.#options.kind !== 'http') return null;
    return { socket: await this.#reach(scope), proxy: { authorization: this.#basic() } };
  }

  #basic(): string | null {
    const { credentials } = this.#options;
    return credentials && `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;
  }

  /** Whoever reads of a failure must not take it for the destination's. */
  async #reach(scope: Scope): Promise<Socket> {
    const { host, port } = this.#options;
    try {
      const addresses = isIP(host) ? [host] : await untilOrEnded(this.#lookup(host), scope);
      return await connectFirst(addresses, { host, port }, { clock: this.#clock, scope });
    } catch (error) {
      scope.throwIfEnded();
      throw proxyError(`cannot be used: ${asHoldfastError(error).message}`);
    }
  }

  async #throughHttp(socket: Socket, destination: Destination): Promise<void> {
    const { credentials } = this.#options;
    const authority = writeAuthority(destination);
    const basic = this.#basic();
    const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
    if (basic) lines.push(`Proxy-Authorization: ${basic}`);
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    const status = await this.#answer(socket, (bytes) => {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return 'more';
      const match = /^HTTP\/1\.[01] (\d{3})[ \r]/.exec(bytes.toString('latin1', 0, end + 2));
      return { value: match?.[1] ?? 'no status', consumed: end + 4 };
    });
    if (status === '407') throw unwelcome(credentials !== null);
    if (!status.startsWith('2')) throw proxyError(`answered ${status} for ${authority}`);
  }

  async #throughSocks(socket: Socket, destination: Destination): Promise<void> {
    const { credentials } = this.#options;
    socket.write(Buffer.from(credentials ? [5, 2, 0, 2] : [5, 1, 0]));
    const method = await this.#answer(socket, (bytes) =>
      bytes.length < 2 ? 'more' : { value: pair(bytes), consumed: 2 },
    );
    if (method.first !== 5) throw proxyError('speaks no SOCKS5');
    if (method.second === 2 && credentials) await this.#authenticate(socket, credentials);
    else if (method.second !== 0) throw proxyError(credentials ? 'wants another authentication' : wantsCredentials);
    socket.write(socksRequest(destination));
    const reply = await this.#answer(socket, (bytes) => {
      const [, , , type, length = 0] = bytes;
      if (bytes.length < 5) return 'more';
      const size = 4 + (type === 1 ? 4 : type === 4 ? 16 : 1 + length) + 2;
      return bytes.length < size ? 'more' : { value: bytes[1] ?? 1, consumed: size };
    });
    if (reply !== 0) throw proxyError(`replied ${reply} for ${writeAuthority(destination)}`);
  }

  async #authenticate(socket: Socket, { user, password }: { user: string; password: string }): Promise<void> {
    const [name, word] = [Buffer.from(user), Buffer.from(password)];
    socket.write(Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([word.length]), word]));
    const answer = await this.#answer(socket, (bytes) =>
      bytes.length < 2 ? 'more' : { value: pair(bytes), consumed: 2 },
    );
    if (answer.second !== 0) throw proxyError(refusesCredentials);
  }

  async #answer<T>(socket: Socket, judge: ReadAhead<T>['judge']): Promise<T> {
    const options = { clock: this.#clock, timeoutMs: answerTimeoutMs, maxBytes: maxAnswerBytes, judge };
    const outcome = await readAhead(socket, options);
    if (outcome.state === 'done') return outcome.value;
    throw proxyError(outcome.state === 'late' ? 'does not answer' : 'ended the connection before it answered');
  }
}

const refusesCredentials = 'refuses the user name and password';
const wantsCredentials = 'wants a user name and a password';

const pair = (bytes: Buffer): { first: number; second: number } => ({ first: bytes[0] ?? 0, second: bytes[1] ?? 0xff });

function socksRequest({ host, port }: Destination): Buffer {
  const ports = Buffer.from([port >> 8, port & 255]);
  const name = Buffer.from(host, 'latin1');
  if (isIP(host) === 4) return Buffer.concat([Buffer.from([5, 1, 0, 1, ...host.split('.').map(Number)]), ports]);
  if (isIP(host) === 6) return Buffer.concat([Buffer.from([5, 1, 0, 4]), ipv6Bytes(host), ports]);
  return Buffer.concat([Buffer.from([5, 1, 0, 3, name.length]), name, ports]);
}

/** The host is canonical: hexadecimal groups, at most one `::`, no dotted part. */
function ipv6Bytes(host: string): Buffer {
  const [front = '', back] = host.split('::');
  const groups = (text: string | undefined): string[] => (text ? text.split(':') : []);
  const missing = 8 - groups(front).length - groups(back).length;
  const all = back === undefined ? groups(front) : [...groups(front), ...Array(missing).fill('0'), ...groups(back)];
  return Buffer.from(all.map((group: string) => group.padStart(4, '0')).join(''), 'hex');
}

function addRange(list: BlockList, entry: string): void {
  const [address = '', bits] = entry.split('/');
  const family = isIP(address);
  if (family === 0) return;
  const type = family === 6 ? 'ipv6' : 'ipv4';
  if (bits === undefined) list.addAddress(address, type);
  else list.addSubnet(address, Number(bits), type);
}

/** It answered 407. */
export function unwelcome(hasCredentials: boolean): HoldfastError {
  return proxyError(hasCredentials ? refusesCredentials : wantsCredentials);
}

function proxyError(what: string): HoldfastError {
  return new HoldfastError('network-unreachable', `the upstream proxy ${what}`, {
    hint: "Check the gateway's upstream proxy; the policy allows the destination.",
    details: { reason: 'upstream' },
  });
}
