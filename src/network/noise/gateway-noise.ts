/**
 * One sandbox's faults in the network, drawn where its bytes pass. What is drawn is told to the daemon before it happens;
 * the inside meets what a real network does, and nothing of it names a plan.
 *
 * 1. A lookup, a connection and a request are drawn each by itself, by host and how many there were. Together they are one
 *    operation of the host: it is hit no more often in a row than the plan says.
 * 2. What the policy refuses is refused: no fault opens anything, and none stands in for a refusal.
 * 3. A later gateway goes on where the daemon last heard of an earlier one: no bound of the plan begins anew.
 */
import { Episode, type GatewayFaults, readyPlan } from '../../noise/index.ts';
import type { FaultLabel, PlannedFault } from '../../schema/index.ts';
import type { Destination, RequestQuestion } from '../types.ts';

export interface Drawn {
  fault: PlannedFault;
  parameters: FaultLabel['parameters'];
}

const mostLoops = 256;

export class GatewayNoise {
  readonly given: GatewayFaults;
  readonly #episode: Episode;
  readonly #tell: (labels: FaultLabel[]) => void;
  /** Of connections to a host: the delay of the last one. */
  readonly #delays = new Map<string, number>();
  /** Requests that are redirected to themselves, and how often still. */
  readonly #loops = new Map<string, number>();

  constructor(noise: GatewayFaults, tell: (labels: FaultLabel[]) => void) {
    const ready = readyPlan(noise.given.plan, noise.given.episode);
    const words = noise.generation > 1 ? [...ready.words, 'gateway', noise.generation] : ready.words;
    this.given = noise;
    this.#tell = tell;
    this.#episode = new Episode({ ...ready, words }, noise.before);
  }

  /** How many there were, by `channel host`. */
  get places(): Record<string, number> {
    return this.#episode.state.ordinals;
  }

  lookup(host: string): Drawn | null {
    return this.#draw('lookup', host, {});
  }

  /** @param expectsTls whether there will be a greeting to break */
  connection({ host, port }: Destination, expectsTls: boolean): Drawn | null {
    const can = ({ kind }: PlannedFault): boolean => kind !== 'network.tls-failure' || expectsTls;
    return this.#draw('connection', host, { port }, can);
  }

  request({ host, port, method, target }: RequestQuestion): Drawn | null {
    const key = `${host}:${port} ${target}`;
    const left = this.#loops.get(key);
    if (left !== undefined) return this.#goRound(key, left);
    const drawn = this.#draw('request', host, { port, method, target });
    if (drawn?.fault.kind === 'network.redirect-loop' && this.#loops.size < mostLoops)
      this.#loops.set(key, drawn.fault.hops - 1);
    return drawn;
  }

  #goRound(key: string, left: number): Drawn | null {
    if (left <= 0) {
      this.#loops.delete(key);
      return null;
    }
    this.#loops.set(key, left - 1);
    return { fault: { id: 'again', kind: 'network.redirect-loop', hops: left }, parameters: {} };
  }

  #draw(
    channel: 'lookup' | 'connection' | 'request',
    name: string,
    input: unknown,
    can: (fault: PlannedFault) => boolean = () => true,
  ): Drawn | null {
    const { injection, labels } = this.#episode.decide({ channel, name, input, can });
    if (injection?.fault.kind === 'network.latency')
      this.#correlate(name, injection.fault.correlation, injection.label);
    // What is told is what will be.
    const said = labels.map((label) => (label.fault === injection?.fault.id ? injection.label : label));
    if (said.length > 0) this.#tell(said);
    return injection && { fault: injection.fault, parameters: injection.label.parameters };
  }

  /** A part of the delay is that of the connection before. */
  #correlate(host: string, correlation: number, { parameters }: FaultLabel): void {
    const own = Number(parameters['delayMs']);
    const delayMs = Math.round(correlation * (this.#delays.get(host) ?? own) + (1 - correlation) * own);
    this.#delays.set(host, delayMs);
    parameters['delayMs'] = delayMs;
  }
}
