/**
 * The open channels into sandboxes: at most one each, opened when first needed, shared by everybody.
 *
 * 1. A channel is only handed out after the agent said the incarnation the store knows: another agent behind the same
 *    path is `stale-handle`.
 * 2. A broken channel leaves the registry at once; the next use opens a new one, and the processes inside go on.
 */
import type { Scope } from '../base/index.ts';
import { connectGuest, type GuestClient } from '../guest/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import { identityOf } from './machine.ts';

export class Connections {
  readonly #open = new Map<string, Promise<GuestClient>>();
  /** Those of them whose agent has said who it is. */
  readonly #greeted = new Map<string, GuestClient>();
  #closed = false;
  /** Called when a channel ended by itself: the sandbox may have. */
  readonly #onLost: (sandbox: string) => void;

  constructor(onLost: (sandbox: string) => void) {
    this.#onLost = onLost;
  }

  use(record: SandboxRecord, scope: Scope): Promise<GuestClient> {
    const open = this.#open.get(record.id);
    if (open) return open;
    const { socketPath, agentIncarnation } = identityOf(record);
    return this.open(record.id, socketPath, agentIncarnation, scope);
  }

  /** The channel if its agent has greeted; never waits, and so not for an agent that stands still. */
  greeted(sandbox: string): GuestClient | null {
    return this.#greeted.get(sandbox) ?? null;
  }

  open(sandbox: string, socketPath: string, incarnation: string, scope: Scope): Promise<GuestClient> {
    const opening = this.#connect(sandbox, socketPath, incarnation, scope);
    this.#open.set(sandbox, opening);
    const isCurrent = (): boolean => this.#open.get(sandbox) === opening;
    opening.then(
      (client) => isCurrent() && client.closed === null && this.#greeted.set(sandbox, client),
      () => isCurrent() && this.#open.delete(sandbox),
    );
    return opening;
  }

  close(sandbox: string): void {
    const open = this.#open.get(sandbox);
    this.#open.delete(sandbox);
    this.#greeted.delete(sandbox);
    open?.then((client) => client.close()).catch(() => undefined);
  }

  /** For good: whoever asks afterwards is refused. */
  closeAll(): void {
    this.#closed = true;
    for (const sandbox of [...this.#open.keys()]) this.close(sandbox);
  }

  async #connect(sandbox: string, socketPath: string, incarnation: string, scope: Scope): Promise<GuestClient> {
    if (this.#closed) throw new HoldfastError('cancelled', 'the runtime is closing', { hint: 'Open it again.' });
    const client = await connectGuest(socketPath, scope);
    client.onClose(() => {
      if (this.#greeted.get(sandbox) === client) this.#greeted.delete(sandbox);
      if (this.#open.delete(sandbox) && !this.#closed) this.#onLost(sandbox);
    });
    const hello = await client.hello(scope);
    if (hello.incarnation === incarnation) return client;
    client.close();
    throw new HoldfastError('stale-handle', `another agent answers for sandbox ${sandbox}`, {
      details: { expected: incarnation, found: hello.incarnation },
    });
  }
}
