/**
 * What replays have their sandboxes meet in the network, one step after the other: the gateway draws from it in the place of
 * a plan of the sandbox's own.
 */
import type { FaultLabel, FaultPlanInput, SandboxFaults } from '../schema/index.ts';
import { sandboxFaultsSchema } from '../schema/index.ts';
import { noNetworkYet } from './episode.ts';
import type { GatewayFaults } from './keeper.ts';

interface Again {
  given: SandboxFaults | null;
  /** Ids of what came. */
  met: Set<string>;
}

export class NetworkAgain {
  readonly #bySandbox = new Map<string, Again>();

  /** From now on; null for nothing. The gateway has to be told. */
  set(sandbox: string, plan: FaultPlanInput | null): void {
    const given = plan && sandboxFaultsSchema.parse({ plan });
    this.#bySandbox.set(sandbox, { given, met: this.met(sandbox) });
  }

  /** What its gateway draws from; undefined for a sandbox of no replay. */
  forGateway(sandbox: string): GatewayFaults | null | undefined {
    const again = this.#bySandbox.get(sandbox);
    return again?.given ? { given: again.given, generation: 1, before: noNetworkYet } : again && null;
  }

  heard(sandbox: string, labels: readonly FaultLabel[]): void {
    const met = this.#bySandbox.get(sandbox)?.met;
    for (const { fault, applied } of labels) if (applied) met?.add(fault);
  }

  met(sandbox: string): Set<string> {
    return this.#bySandbox.get(sandbox)?.met ?? new Set();
  }

  forget(sandbox: string): void {
    this.#bySandbox.delete(sandbox);
  }
}
