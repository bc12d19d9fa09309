/**
 * Processes of recorded sandboxes that are followed, each until all that it did is told.
 *
 * 1. A recording that ends has heard of the end of whoever had ended: who waited for that end and then ends the recording reads for
 *    itself, and may have been told first.
 */
import { type Scope, untilOrEnded } from '../base/index.ts';
import type { SandboxController } from '../lifecycle/index.ts';

const heardWithinMs = 1000;

export class FollowedProcesses {
  readonly #bySandbox = new Map<string, Map<string, Promise<void>>>();

  add({ sandbox, processId }: { sandbox: string; processId: string }, told: Promise<void>): void {
    const own = this.#bySandbox.get(sandbox) ?? new Map<string, Promise<void>>();
    this.#bySandbox.set(sandbox, own.set(processId, told));
    void told.then(() => {
      own.delete(processId);
      if (own.size === 0 && this.#bySandbox.get(sandbox) === own) this.#bySandbox.delete(sandbox);
    });
  }

  /** Resolves when the end of those that have ended is told, and soon in any case. */
  async heard(controller: SandboxController, place: { tenant: string; sandbox: string }, scope: Scope): Promise<void> {
    const { tenant, sandbox } = place;
    const own = this.#bySandbox.get(sandbox);
    if (!own) return;
    try {
      await using soon = scope.child({ name: 'hear of ends', timeoutMs: heardWithinMs });
      const all = await controller.inside(tenant, sandbox, soon, (guest) => guest.listProcesses(soon));
      const ended = all.filter(({ exit }) => exit !== null).map(({ processId }) => own.get(processId));
      await untilOrEnded(Promise.all(ended), soon);
    } catch {
      // Of one that cannot be asked nothing more comes.
    }
  }
}
