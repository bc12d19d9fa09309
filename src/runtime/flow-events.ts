/** What the gateway tells becomes events: each flow in the ring of flows, and what was denied among the daemon's own. */
import type { Clock } from '../base/index.ts';
import type { NetworkFlow } from '../schema/index.ts';
import type { EventBus, Store } from '../state/index.ts';

/** A program that tries again and again is told of once in so long. */
const repeatMs = 10_000;
const mostRemembered = 4096;
/** Of one sandbox: whatever it tries, the events of others stay. All of it is among the flows. */
const mostPerWindow = 64;
const windowMs = 60_000;

export class FlowEvents {
  readonly #store: Store;
  readonly #flows: EventBus;
  readonly #events: EventBus;
  readonly #clock: Clock;
  readonly #told = new Map<string, number>();
  /** By sandbox, in the order in which they began. */
  readonly #windows = new Map<string, { startMs: number; count: number }>();

  constructor(parts: { store: Store; flows: EventBus; events: EventBus; clock: Clock }) {
    this.#store = parts.store;
    this.#flows = parts.flows;
    this.#events = parts.events;
    this.#clock = parts.clock;
  }

  take(flow: NetworkFlow): void {
    const tenant = this.#store.sandboxes.get(flow.sandbox)?.tenant;
    if (tenant === undefined) return;
    const { sandbox, host, port, method, path, decision } = flow;
    this.#flows.publish({ type: 'network-flow', tenant, sandbox, data: { ...flow } });
    if (decision.allowed || !this.#isNews(`${sandbox} ${host} ${port} ${decision.code}`)) return;
    if (!this.#hasRoom(sandbox)) return;
    const data = { host, port, method, path, code: decision.code, message: decision.message, hint: decision.hint };
    this.#events.publish({ type: 'network-denied', tenant, sandbox, data });
  }

  #isNews(key: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const toldMs = this.#told.get(key);
    if (toldMs !== undefined && nowMs - toldMs < repeatMs) return false;
    this.#told.delete(key);
    this.#told.set(key, nowMs);
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= mostRemembered) break;
      this.#told.delete(oldest);
    }
    return true;
  }

  #hasRoom(sandbox: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    for (const [oldest, { startMs }] of this.#windows) {
      if (nowMs - startMs < windowMs) break;
      this.#windows.delete(oldest);
    }
    const window = this.#windows.get(sandbox) ?? { startMs: nowMs, count: 0 };
    this.#windows.set(sandbox, window);
    return ++window.count <= mostPerWindow;
  }
}
