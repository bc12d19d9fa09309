/** A session against an agent that does not do what it is told. */
import { type Duplex, duplexPair } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../base/index.ts';
import type { GuestListener, GuestStream, GuestTunnels } from '../../guest/index.ts';
import { type HoldfastError, type NetworkPolicyInput, networkPolicySchema } from '../../schema/index.ts';
import { proxyPort } from '../inside.ts';
import { compilePolicy } from '../policy/compile.ts';
import type { Dialled, FlowReport, GatewaySandbox } from '../types.ts';
import type { LinkedGuest, LinkState } from './agent-link.ts';
import { RuleMeter } from './meter.ts';
import type { Pump } from './pump.ts';
import { Session } from './session.ts';

const state = (policy: NetworkPolicyInput): GatewaySandbox => ({
  sandbox: 'sbx_1',
  policy: compilePolicy(networkPolicySchema.parse(policy)),
  broker: null,
  recorder: null,
  player: null,
  meter: new RuleMeter(systemClock),
});

/** Listens until it falls silent. */
class Agent {
  isSilent = false;
  connections = 0;
  /** Brings a program's connection to the proxy. */
  offer: (stream: GuestStream) => void = () => undefined;
  /** How long a connection lasts. */
  livesMs = Number.POSITIVE_INFINITY;

  async connect(): Promise<LinkedGuest> {
    this.connections++;
    let over: (reason: HoldfastError) => void = () => undefined;
    const ended = new Promise<HoldfastError>((resolve) => {
      over = resolve;
    });
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => undefined);
    const close = (): void => {
      const reason = { code: 'sandbox-died', message: 'it was closed' } as HoldfastError;
      over(reason);
      lost.reject(reason);
    };
    const listen = async (
      options: { address: string; port: number },
      take: (stream: GuestStream) => void,
    ): Promise<GuestListener> => {
      if (this.isSilent) await lost.promise;
      if (options.port === proxyPort) this.offer = take;
      return { ...options, closed: Promise.resolve(), close: () => Promise.resolve() };
    };
    if (this.livesMs < 1e9) systemClock.after(this.livesMs, close);
    const tunnels = { listen, listenDatagrams: listen } as unknown as GuestTunnels;
    return { incarnation: 'one', handsOver: false, tunnels, close, onClose: (listener) => void ended.then(listener) };
  }
}

interface Begun {
  session: Session;
  flows: FlowReport[];
  links: LinkState[];
  dialled: string[];
}

function begin(
  agent: Agent,
  policy: NetworkPolicyInput,
  pump: Pump | null = null,
  dial: () => Promise<Dialled> = () => Promise.reject(new Error('nothing is dialled')),
): Begun {
  const flows: FlowReport[] = [];
  const links: LinkState[] = [];
  const dialled: string[] = [];
  const session = new Session({
    clock: systemClock,
    connect: () => agent.connect(),
    incarnation: 'one',
    state: state(policy),
    dialler: {
      dial: ({ host }) => {
        dialled.push(host);
        return dial();
      },
    },
    mediate: () => ({ recheck: () => undefined, close: () => undefined }),
    pump,
    names: ['a.example.com', 'b.example.com'],
    onFlow: (_via, flow) => flows.push(flow),
    onName: () => undefined,
    onLink: (link) => links.push(link),
  });
  return { session, links, dialled, flows };
}

describe('what is open when the network is closed (3)', () => {
  const allow = [{ host: 'a.example.com', protocol: 'tcp' as const, ports: [443] }];

  async function carried(dial: () => Promise<Dialled>): Promise<Begun> {
    const agent = new Agent();
    const begun = begin(agent, { allow }, null, dial);
    await begun.session.firstLink;
    const [program, inside] = duplexPair();
    program.on('error', () => undefined).write('CONNECT a.example.com:443 HTTP/1.1\r\n\r\n');
    agent.offer(inside as GuestStream);
    await vi.waitFor(() => expect(begun.dialled).toHaveLength(1));
    return begun;
  }

  it('has told of its end by then, however late that comes', async () => {
    const late = Promise.withResolvers<Dialled>();
    const { session, flows } = await carried(() => late.promise);
    const closed = session.close();
    systemClock.after(100, () => late.reject(new Error('it was too late')));
    await closed;
    const error = 'the network of the sandbox was closed';
    expect(flows).toMatchObject([{ kind: 'tunnel', error, endedBy: 'gateway' }]);
  });

  it('is not waited for for ever', async () => {
    const { session, flows } = await carried(() => new Promise(() => undefined));
    await session.close();
    expect(flows).toEqual([]);
  });
});

describe('an agent', () => {
  it('that falls silent keeps neither a change nor the end waiting', async () => {
    const agent = new Agent();
    const { session, links } = begin(agent, { allow: [{ host: '*.example.com' }] });
    await session.firstLink;
    agent.isSilent = true;
    const startedMs = performance.now();
    await session.update(state({ allow: [{ host: '*.example.com', ports: [443, 8443] }] }));
    expect(links.map((link) => link.state)).toContain('down');
    // By now it is connected to again, and silent from the beginning.
    await session.update(state({ allow: [{ host: '*.example.com', ports: [444] }] }));
    await session.close();
    expect(performance.now() - startedMs).toBeLessThan(14_000);
  });

  it('whose connections do not last is connected to less and less often', async () => {
    const agent = new Agent();
    agent.livesMs = 1;
    const { session } = begin(agent, { allow: [{ host: '*.example.com' }] });
    await systemClock.sleep(1000);
    await session.close();
    expect(agent.connections).toBeGreaterThan(2);
    expect(agent.connections).toBeLessThan(10);
  });

  it('that still brings connections while the network is being closed has them reset', async () => {
    const agent = new Agent();
    const closing = Promise.withResolvers<void>();
    const pump = { isPossible: false, close: () => closing.promise } as unknown as Pump;
    const allow = [{ host: 'a.example.com', protocol: 'tcp' as const, ports: [443] }];
    const { session, dialled } = begin(agent, { allow }, pump);
    await session.firstLink;
    const connection = (): [Duplex, Duplex] => {
      const [program, inside] = duplexPair();
      program.on('error', () => undefined).write('CONNECT a.example.com:443 HTTP/1.1\r\n\r\n');
      return [program, inside];
    };
    const [, before] = connection();
    agent.offer(before as GuestStream);
    await vi.waitFor(() => expect(dialled).toEqual(['a.example.com']));
    const closed = session.close();
    const [, late] = connection();
    agent.offer(late as GuestStream);
    await vi.waitFor(() => expect(late.destroyed).toBe(true));
    expect(dialled).toHaveLength(1);
    closing.resolve();
    await closed;
  });
});
