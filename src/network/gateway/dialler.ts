/**
 * The one place that connects to the outside. Resolves on the host, checks every address by the policy, dials by number.
 *
 * 1. Only addresses the policy allows are dialled, and the address that answered is checked once more.
 * 2. A name keeps the addresses of its first lookup for `pinMs`: what is checked is what is dialled, however often the
 *    name's owner changes his mind.
 * 3. Behind an upstream proxy a name is given to it, after all addresses that are found for it here were checked: nobody can say
 *    which of them it takes. What is not found here within `foundWithinMs` is the proxy's alone to find, and to refuse.
 * 4. Addresses of this machine are dialled only where a rule opens them: also public ones, which anybody can point a name at.
 * 5. One sandbox has at most `mostLookups` lookups under way: slow names do not take the host's resolver from others.
 */
import { lookup, Resolver } from 'node:dns/promises';
import { isIP, type Socket } from 'node:net';
import { type Clock, type Scope, untilOrEnded } from '../../base/index.ts';
import { asHoldfastError, type Decision, HoldfastError } from '../../schema/index.ts';
import { contains, parseAddress, parseRange } from '../policy/ip.ts';
import type { CompiledPolicy, Destination, Dialled, Dialler, DialOptions, Grant } from '../types.ts';
import { connectFirst } from './connect-first.ts';
import { type IsOwnAddress, ownAddresses } from './own-addresses.ts';
import { refusal, refusedError } from './refusals.ts';
import type { UpstreamProxy } from './upstream-proxy.ts';

export type Lookup = (host: string) => Promise<string[]>;

export interface DiallerOptions {
  clock: Clock;
  lookup: Lookup;
  upstream: UpstreamProxy | null;
  /** The machine's, unless said. */
  isOwn?: IsOwnAddress;
}

export const dialTimeoutMs = 10_000;
const pinMs = 60_000;
const foundWithinMs = 2000;
const mostPins = 1024;
const mostLookups = 8;

export const systemLookup: Lookup = async (host) =>
  (await lookup(host, { all: true, order: 'verbatim' })).map(({ address }) => address);

/** Asks these resolvers instead of the machine's own; a name without addresses of one family may have the other. */
export function lookupBy(servers: readonly string[]): Lookup {
  if (servers.length === 0) return systemLookup;
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  resolver.setServers(servers);
  return async (host) => {
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const found = [four, six].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (found.length === 0 && four.status === 'rejected') throw four.reason;
    return found;
  };
}

export class CheckedDialler implements Dialler {
  readonly #options: DiallerOptions;
  readonly #isOwn: IsOwnAddress;
  readonly #pins = new Map<string, { addresses: string[]; untilMs: number }>();
  readonly #lookups = new Map<string, Promise<string[]>>();

  constructor(options: DiallerOptions) {
    this.#options = options;
    this.#isOwn = options.isOwn ?? ownAddresses(options.clock);
  }

  async dial(
    destination: Destination,
    grant: Grant,
    policy: CompiledPolicy,
    scope: Scope,
    { lends = false, isHttp = false }: DialOptions = {},
  ): Promise<Dialled> {
    if (policy.policy.tape?.mode === 'replay') {
      throw refusedError(refusal('tape-miss', 'While a tape is played nothing is sent to the outside.'));
    }
    const limited = scope.child({ name: `dial ${destination.host}:${destination.port}`, timeoutMs: dialTimeoutMs });
    try {
      const { upstream } = this.#options;
      return upstream?.concerns(destination.host)
        ? await this.#throughProxy(upstream, { destination, grant, policy, isHttp }, limited)
        : await this.#directly({ destination, grant, policy, lends }, limited);
    } catch (error) {
      throw limited.signal.aborted && !scope.signal.aborted ? timedOut(destination) : asHoldfastError(error);
    } finally {
      await limited.close();
    }
  }

  async #throughProxy(
    upstream: UpstreamProxy,
    { isHttp, ...call }: Call & { isHttp: boolean },
    scope: Scope,
  ): Promise<Dialled> {
    const { host } = call.destination;
    for (const address of isIP(host) ? [host] : await this.#found(host, scope)) this.#allowedAmong([address], call);
    const forward = isHttp ? await upstream.forward(scope) : null;
    return { ...(forward ?? { socket: await upstream.connect(call.destination, scope) }), address: null, bare: null };
  }

  async #directly({ lends, ...call }: Call & { lends: boolean }, scope: Scope): Promise<Dialled> {
    const { destination } = call;
    const addresses = isIP(destination.host) ? [destination.host] : await this.#resolve(destination.host, scope);
    const socket = await connectFirst(this.#allowedAmong(addresses, call), destination, {
      clock: this.#options.clock,
      scope,
      lends,
    });
    const address = peerAddress(socket);
    // Whoever connects to himself does so from the address that he connects to.
    const isOwn = socket.localAddress === socket.remoteAddress;
    const decision = isOwn ? judgeOwn(address, call) : this.#judge(address, call);
    if (decision.allowed) return { socket, address, bare: lends ? socket : null };
    socket.destroy();
    throw refusedError(decision);
  }

  #allowedAmong(addresses: readonly string[], call: Call): string[] {
    const decided = addresses.map((address) => ({ address, decision: this.#judge(address, call) }));
    const allowed = decided.filter(({ decision }) => decision.allowed).map(({ address }) => address);
    const [first] = decided;
    if (allowed.length === 0 && first) throw refusedError(first.decision);
    return allowed;
  }

  #judge(address: string, call: Call): Decision {
    return this.#isOwn(address) ? judgeOwn(address, call) : call.policy.address(address, call.destination, call.grant);
  }

  async #resolve(host: string, scope: Scope): Promise<string[]> {
    const pin = this.#pins.get(host);
    if (pin && pin.untilMs > this.#options.clock.monotonicMs()) return pin.addresses;
    const addresses = await untilOrEnded(this.#lookup(host), scope);
    if (addresses.length === 0) throw unresolved(host, 'it has no address');
    return addresses;
  }

  /** As `#resolve`; nothing where this machine finds nothing, or not soon, and then for as long as addresses are pinned. */
  async #found(host: string, scope: Scope): Promise<string[]> {
    const pin = this.#pins.get(host);
    if (pin && pin.untilMs > this.#options.clock.monotonicMs()) return pin.addresses;
    const lookup = this.#lookup(host).catch(() => null);
    const limited = scope.child({ name: `find ${host}`, timeoutMs: foundWithinMs });
    try {
      const addresses = await untilOrEnded(lookup, limited).catch(() => null);
      scope.throwIfEnded();
      if (addresses === null) this.#pin(host, []);
      return addresses ?? [];
    } finally {
      await limited.close();
    }
  }

  /** One lookup per name at a time, pinned when it answers, also when nobody waits for it any more. */
  #lookup(host: string): Promise<string[]> {
    const underway = this.#lookups.get(host);
    if (underway) return underway;
    if (this.#lookups.size >= mostLookups) {
      throw new HoldfastError(
        'network-unreachable',
        `${mostLookups} names of this sandbox are being looked up already`,
        {
          hint: 'Try again when they have answered.',
          details: { reason: 'busy' },
        },
      );
    }
    const looking = this.#options
      .lookup(host)
      .then((addresses) => {
        this.#pin(host, addresses);
        return addresses;
      })
      .catch((error: unknown) => {
        throw unresolved(host, error instanceof Error && 'code' in error ? String(error.code) : String(error));
      })
      .finally(() => this.#lookups.delete(host));
    looking.catch(() => undefined);
    this.#lookups.set(host, looking);
    return looking;
  }

  #pin(host: string, addresses: string[]): void {
    this.#pins.delete(host);
    this.#pins.set(host, { addresses, untilMs: this.#options.clock.monotonicMs() + pinMs });
    const [oldest] = this.#pins.keys();
    if (oldest !== undefined && this.#pins.size > mostPins) this.#pins.delete(oldest);
  }
}

interface Call {
  destination: Destination;
  grant: Grant;
  policy: CompiledPolicy;
}

function judgeOwn(address: string, { destination, grant, policy }: Call): Decision {
  const decision = policy.address(address, destination, grant);
  const own = parseAddress(address);
  const ranges = grant.addresses.map(parseRange).filter((range) => range !== null);
  if (!decision.allowed || (own !== null && ranges.some((range) => contains(range, own)))) return decision;
  const what = `${destination.host} is at ${address}, an address of this machine: they are refused.`;
  return { ...refusal('address-refused', what, ownHint), rule: grant.rule };
}
const ownHint = 'What a sandbox may reach on this machine listens on a private address, which the rule opens.';

/** An IPv4 peer of a socket that speaks both is shown mapped. */
function peerAddress(socket: Socket): string {
  const address = socket.remoteAddress ?? '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

/** What a resolver says of a name that is not there; all else is that it says nothing. */
const answers: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'it has no address']);

export function unresolved(host: string, why: string): HoldfastError {
  return new HoldfastError('network-unreachable', `${host} does not resolve on the host: ${why}`, {
    hint: 'Check the name; the policy allows it, but the host finds no address for it.',
    details: { reason: 'not-resolved', ...(answers.has(why) ? { isAnswer: true } : {}) },
  });
}

export function timedOut({ host, port }: Destination): HoldfastError {
  return new HoldfastError('network-unreachable', `${host}:${port} did not answer within ${dialTimeoutMs} ms`, {
    hint: 'The policy allows it; the destination, or the way to it, is silent.',
    details: { reason: 'timed-out' },
  });
}
