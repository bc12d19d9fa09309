/**
 * Lifetimes of sandboxes that sessions work in.
 *
 * 1. Before each call of a session in it, and every ten minutes while it is at work, what is left is made an hour where it is less
 *    than half of one: what it made is not lost because it took long. Of one that stands still, the lifetime stands still too.
 * 2. No lifetime is made shorter.
 * 3. What is paused, or stopped, renews nothing.
 */
import type { Scope } from '../base/index.ts';
import type { EventType } from '../schema/index.ts';
import { heldBack } from '../sessions/index.ts';
import type { SessionRecord } from '../state/index.ts';
import type { Core } from './core.ts';

const lease = { leastMs: 30 * 60_000, lifetimeMs: 60 * 60_000 } as const;
/** Well within what is left at least. */
const everyMs = 10 * 60_000;

/** Before it is used. */
export function renewLease(
  { controller }: Core,
  { tenant, sandbox }: { tenant: string; sandbox: string },
  scope: Scope,
): Promise<void> {
  return controller.renew(tenant, sandbox, lease, scope);
}

export class SessionLeases {
  readonly #core: Core;
  #cancel: (() => void) | null = null;

  constructor(core: Core) {
    this.#core = core;
    core.scope.onClose(() => this.#cancel?.());
  }

  /** Of all that are at work, now and from now on. */
  open(): void {
    const { store, clock } = this.#core;
    this.#cancel = clock.after(everyMs, () => this.open());
    for (const session of store.sessions.running()) {
      const { id, tenant, sandbox } = session;
      if (sandbox !== null && !heldBack(store, tenant, store.sessions.chain(id))) this.#renew(session);
    }
  }

  take(type: EventType, session: SessionRecord): void {
    if (type === 'session-started' || type === 'session-woken') this.#renew(session);
  }

  #renew({ id, tenant, sandbox }: SessionRecord): void {
    const { store, scope, log } = this.#core;
    if (sandbox === null || store.sandboxes.get(sandbox)?.state !== 'ready') return;
    renewLease(this.#core, { tenant, sandbox }, scope).catch((error: unknown) =>
      log.warn({ error, session: id }, 'the lifetime of a sandbox at work was not renewed'),
    );
  }
}
