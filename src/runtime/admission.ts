/**
 * Latency ceilings by admission control: what a contract promises of the 99th percentile is measured on real calls, and
 * while the measurements say that it is not kept, no further sandbox of that contract is let in. What runs already is left
 * alone, and nothing is slowed down.
 *
 * 1. Only the runtime's own share of a call counts: what a program inside took is its own matter.
 * 2. A tenant's measurements decide about that tenant's creates: nobody can shut the door for somebody else.
 */
import type { Clock } from '../base/index.ts';
import type { CeilingGate, GateState } from '../contract/index.ts';
import { type ContractRef, HoldfastError } from '../schema/index.ts';
import type { EventBus } from '../state/index.ts';
import type { Contracts } from './contracts.ts';

export interface AdmissionParts {
  contracts: Contracts;
  events: Pick<EventBus, 'publish'>;
  clock: Clock;
  /** What is late there is late on purpose: a sandbox with a fault plan says nothing of the runtime. */
  isNoisy(sandbox: string): boolean;
}

export interface Admitted extends GateState {
  tenant: string;
  contract: string;
  operation: string;
  ceilingMs: number;
  refused: number;
}

interface Entry {
  tenant: string;
  contract: ContractRef;
  operation: string;
  gate: CeilingGate;
  wasOpen: boolean;
  refused: number;
}

/** A refused create is worth repeating after this. */
const retryAfterMs = 5_000;
const mostEntries = 4096;

export class Admission {
  readonly #parts: AdmissionParts;
  readonly #entries = new Map<string, Entry>();
  #gates: typeof CeilingGate | null = null;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** The runtime's share of one call, by the operation's name in contracts. Costs next to nothing without a contract. */
  measured(tenant: string, sandbox: string, operation: string, ms: number): void {
    const held = this.#parts.contracts.atHand(sandbox);
    const ceiling = held?.ceilings.find((one) => one.operation === operation);
    // What a guest says of time is a number, and no more is known of it.
    if (!held || !ceiling || !this.#gates || !Number.isFinite(ms) || this.#parts.isNoisy(sandbox)) return;
    const key = keyOf(tenant, held.ref, operation);
    let entry = this.#entries.get(key);
    if (!entry) {
      if (this.#entries.size >= mostEntries) this.#entries.clear();
      const gate = new this.#gates(ceiling.p99Ms);
      entry = { tenant, contract: held.ref, operation, gate, wasOpen: true, refused: 0 };
      this.#entries.set(key, entry);
    }
    entry.gate.add(sandbox, Math.max(0, ms), this.#parts.clock.monotonicMs());
  }

  /** @throws HoldfastError `ceiling-exceeded` */
  async admit(tenant: string, contract: ContractRef | null): Promise<void> {
    if (contract === null) return;
    this.#gates ??= (await import('../contract/index.ts')).CeilingGate;
    const { ceilings } = await this.#parts.contracts.named(contract);
    for (const { operation } of ceilings) {
      const entry = this.#entries.get(keyOf(tenant, contract, operation));
      const state = entry && this.#look(entry);
      if (!entry || !state || state.open) continue;
      entry.refused += 1;
      throw refusal(entry, state);
    }
  }

  list(): Admitted[] {
    return [...this.#entries.values()].map((entry) => ({
      tenant: entry.tenant,
      contract: entry.contract.name,
      operation: entry.operation,
      ceilingMs: entry.gate.ceilingMs,
      refused: entry.refused,
      ...this.#look(entry),
    }));
  }

  #look(entry: Entry): GateState {
    const { tenant, contract, operation, gate } = entry;
    const state = gate.look(this.#parts.clock.monotonicMs());
    if (state.open !== entry.wasOpen) {
      entry.wasOpen = state.open;
      const { samples, late, p99Ms } = state;
      const data = { contract: contract.name, operation, ceilingMs: gate.ceilingMs, p99Ms, samples, late };
      this.#parts.events.publish({ type: state.open ? 'admission-opened' : 'admission-closed', tenant, data });
    }
    return state;
  }
}

const keyOf = (tenant: string, { digest }: ContractRef, operation: string): string =>
  JSON.stringify([tenant, digest, operation]);

function refusal({ contract, operation, gate }: Entry, { samples, late, p99Ms }: GateState): HoldfastError {
  const { ceilingMs } = gate;
  return new HoldfastError(
    'ceiling-exceeded',
    `${contract.name} promises ${operation} within ${ceilingMs} ms in 99 of 100 calls, and ${late} of the last ${samples} took longer`,
    {
      hint: 'Try again in some seconds, or end sandboxes: what runs now is more than this machine can keep the promise for.',
      details: { contract: contract.name, operation, ceilingMs, p99Ms, samples, late, retryAfterMs },
    },
  );
}
