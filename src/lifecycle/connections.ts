/**
 * The open channels into sandboxes: at most one each, opened when first needed, shared by everybody.
 *
 * 1. A channel is only handed out after the agent said the incarnation the store knows: another agent behind the same
 *    path is `stale-handle`.
 * 2. A broken channel leaves the registry at once; the next use opens a new one, and the processes inside go on.
 */
import { connectUnix, type Scope } from '../base/index.ts';
import { GuestChannel, GuestClient } from '../guest/index.ts';
import { HoldfastError } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import { identityOf } from './machine.ts';

export class Connections {
  readonly #open = new Map<string, Promise<GuestClient>>();
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

  /** The channel if one is open or being opened; never waits for a frozen agent's greeting. */
  current(sandbox: string): Promise<GuestClient> | null {
    return this.#open.get(sandbox) ?? null;
  }

  open(sandbox: string, socketPath: string, incarnation: string, scope: Scope): Promise<GuestClient> {
    const opening = this.#connect(sandbox, socketPath, incarnation, scope);
    this.#open.set(sandbox, opening);
    opening.catch(() => {
      if (this.#open.get(sandbox) === opening) this.#open.delete(sandbox);
    });
    return opening;
  }

  close(sandbox: string): void {
    const open = this.#open.get(sandbox);
    this.#open.delete(sandbox);
    open?.then((client) => client.close()).catch(() => undefined);
  }

  /** For good: whoever asks afterwards is refused. */
  closeAll(): void {
    this.#closed = true;
    for (const sandbox of [...this.#open.keys()]) this.close(sandbox);
  }

  async #connect(sandbox: string, socketPath: string, incarnation: string, scope: Scope): Promise<GuestClient> {
    if (this.#closed) throw new HoldfastError('cancelled', 'the runtime is closing', { hint: 'Open it again.' });
    const client = new GuestClient(new GuestChannel(await connectUnix(socketPath, scope)));
    client.onClose(() => {
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
