/**
 * Previews: which port of which sandbox has which host name, and the way to it. Whoever serves HTTP under these names
 * (server/preview) is the door; without one nothing can be shared.
 *
 * 1. A label leads to one tenant's one port, as it was written down when it was shared, and nowhere else.
 * 2. A suspended sandbox is resumed by whoever was let in, and counts as used; one whose lifetime is over is not.
 * 3. Revoking is durable before what is open is cut.
 */
import { type Clock, type IdMaker, isoTime, type RandomSource, type Scope } from '../base/index.ts';
import type { GuestStream } from '../guest/index.ts';
import type { SandboxController } from '../lifecycle/index.ts';
import { HoldfastError, type Preview, parseInput, type SharePort, sharePortSchema } from '../schema/index.ts';
import type { EventBus, PreviewRecord, SandboxRecord, Store } from '../state/index.ts';
import { dialInside } from './dial.ts';

export interface PreviewDoor {
  /** Where a preview is reached, with what lets its holder in. Listens when nobody did yet. */
  urlOf(preview: PreviewRecord): Promise<string>;
  /** Drops what is open of it. */
  cut(preview: string): void;
}

interface PreviewParts {
  controller: SandboxController;
  store: Store;
  events: EventBus;
  clock: Clock;
  newId: IdMaker;
  random: RandomSource;
  scope: Scope;
}

/** For so long after its end a URL says why it does not work any more. */
const keptMs = 24 * 3_600_000;
const mostPerSandbox = 64;
const labelBytes = 16;

export class Previews {
  readonly #parts: PreviewParts;
  #door: PreviewDoor | null = null;

  constructor(parts: PreviewParts) {
    this.#parts = parts;
    parts.store.previews.purge(parts.clock.nowMs() - keptMs);
  }

  /** From now on this one serves them. */
  serveBy(door: PreviewDoor): void {
    this.#door = door;
  }

  anyWorking(): boolean {
    return this.#parts.store.previews.anyWorking(this.#parts.clock.nowMs());
  }

  /** Also one that is over. */
  byLabel(label: string): PreviewRecord | null {
    return this.#parts.store.previews.byLabel(label);
  }

  /** A connection to the preview's port; `sandbox-gone`, `wrong-state` or `port-closed` when there is none. */
  async connect({ tenant, sandbox, port }: PreviewRecord, signal: AbortSignal): Promise<GuestStream> {
    await this.#wake(tenant, sandbox, signal);
    return dialInside(this.#parts, { tenant, sandbox, port }, { signal });
  }

  async share(tenant: string, sandbox: string, input: SharePort): Promise<Preview> {
    const { clock, newId, random, store, events } = this.#parts;
    const { port, visibility, expiresInMs, keepHost } = parseInput(sharePortSchema, input, 'share');
    const nowMs = clock.nowMs();
    refuseGone(this.#parts.controller.find(tenant, sandbox));
    if (store.previews.working(sandbox, nowMs).length >= mostPerSandbox) throw tooMany(sandbox);
    const record: PreviewRecord = {
      id: newId('preview'),
      label: labelOf(random(labelBytes)),
      tenant,
      sandbox,
      port,
      visibility,
      keepHost,
      createdAt: isoTime(nowMs),
      expiresMs: nowMs + expiresInMs,
      revoked: false,
    };
    const preview = await this.#view(record);
    store.previews.purge(nowMs - keptMs);
    store.previews.insert(record);
    const data = { preview: record.id, port, visibility, expiresAt: preview.expiresAt };
    events.publish({ type: 'preview-created', tenant, sandbox, data });
    return preview;
  }

  async list(sandbox: string): Promise<Preview[]> {
    const { store, clock } = this.#parts;
    if (store.sandboxes.get(sandbox)?.state === 'gone') return [];
    return Promise.all(store.previews.working(sandbox, clock.nowMs()).map((record) => this.#view(record)));
  }

  revoke(tenant: string, sandbox: string, id: string): void {
    const { store, events } = this.#parts;
    if (!store.previews.find(sandbox, id)) {
      throw new HoldfastError('not-found', `sandbox ${sandbox} has no preview ${JSON.stringify(id)}`, {
        hint: `holdfast preview --list ${sandbox} shows those there are.`,
      });
    }
    if (store.previews.revoke(id)) events.publish({ type: 'preview-revoked', tenant, sandbox, data: { preview: id } });
    this.#door?.cut(id);
  }

  async #view(record: PreviewRecord): Promise<Preview> {
    if (!this.#door) throw noDoor();
    const { id, sandbox, port, visibility, keepHost, createdAt, expiresMs } = record;
    const url = await this.#door.urlOf(record);
    return { id, sandbox, port, visibility, keepHost, url, createdAt, expiresAt: isoTime(expiresMs) };
  }

  async #wake(tenant: string, sandbox: string, signal: AbortSignal): Promise<void> {
    const record = this.#parts.controller.find(tenant, sandbox);
    refuseGone(record);
    if (record.state === 'hibernated') throw asleep(record, 'it is hibernated: its programs have ended');
    if (record.state !== 'suspended') return;
    if (record.leaseEndsMs <= Date.parse(record.suspendedAt ?? '')) throw asleep(record, 'its lifetime has ended');
    await using scope = this.#parts.scope.child({ name: 'wake for a preview', timeoutMs: wakeTimeoutMs, signal });
    await this.#parts.controller.resume(tenant, sandbox, scope);
  }
}

const wakeTimeoutMs = 30_000;
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Base 32, as a host name spells it. */
function labelOf(random: Uint8Array): string {
  let bits = 0n;
  for (const byte of random) bits = (bits << 8n) | BigInt(byte);
  let label = '';
  for (let left = Math.ceil((random.length * 8) / 5); left > 0; left--, bits >>= 5n) {
    label += alphabet[Number(bits & 31n)];
  }
  return label;
}

function refuseGone({ id, state, exitDetail }: SandboxRecord): void {
  if (state !== 'gone' && state !== 'stopping') return;
  throw new HoldfastError('sandbox-gone', `sandbox ${id} is ${state}: ${exitDetail ?? 'it ended'}`, {
    hint: 'Create a new one, or fork it from one of its snapshots.',
    details: { state },
  });
}

function asleep({ id, name, state }: SandboxRecord, why: string): HoldfastError {
  return new HoldfastError('wrong-state', `sandbox ${id} cannot be reached: ${why}`, {
    hint: `Its owner resumes it: holdfast resume ${name ?? id}`,
    details: { state },
  });
}

function tooMany(sandbox: string): HoldfastError {
  return new HoldfastError(
    'quota-exceeded',
    `sandbox ${sandbox} has ${mostPerSandbox} previews, the most there may be`,
    {
      hint: 'Revoke one with `holdfast preview --revoke`.',
    },
  );
}

function noDoor(): HoldfastError {
  return new HoldfastError('capability-missing', 'nobody serves previews: this runtime has no daemon around it', {
    hint: 'Use the daemon (`holdfast serve`), or connectPort for a connection of your own.',
  });
}
