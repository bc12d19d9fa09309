/**
 * Where names are listened for: each at its synthetic address, at the ports its rules allow.
 *
 * 1. A name that `open` answered is listened for at all its ports, until the policy or a newer name takes them.
 * 2. At most `mostListeners`: the name used longest ago makes room, unless a connection to it is open.
 * 3. When the agent's connection comes back, every name is listened for again at the address it had.
 */
import type { Scope } from '../../base/index.ts';
import type { GuestListener, GuestStream } from '../../guest/index.ts';
import type { Destination } from '../types.ts';
import { SyntheticNames } from './synthetic.ts';

/** What is needed of src/guest's tunnels. */
export interface Listens {
  listen(
    options: { address: string; port: number; maxConnections?: number },
    onConnection: (stream: GuestStream) => void,
    scope: Scope,
  ): Promise<GuestListener>;
}

export interface PlacesParts {
  ports(name: string): readonly number[];
  onConnection(stream: GuestStream, destination: Destination): void;
  /** A name was given an address: told, so that a new gateway can give it again. */
  onName(name: string): void;
}

/** Below the channel's own bound, so that the fixed listeners and those that are closing have room. */
const mostListeners = 1900;

export class NamePlaces {
  readonly #parts: PlacesParts;
  readonly #names = new SyntheticNames();
  readonly #open = new Map<string, Map<number, GuestListener>>();
  readonly #opening = new Map<string, Promise<void>>();
  #guest: { listens: Listens; scope: Scope } | null = null;
  #listeners = 0;

  constructor(parts: PlacesParts) {
    this.#parts = parts;
  }

  nameOf(address: string): string | null {
    return this.#names.nameOf(address);
  }

  /** Names that an earlier gateway gave addresses to, oldest first; listened for at the next `attach`. */
  restore(names: readonly string[]): void {
    for (const name of names) this.#names.assign(name);
  }

  async attach(listens: Listens, scope: Scope): Promise<void> {
    this.#forget();
    this.#guest = { listens, scope };
    scope.onClose(() => {
      if (this.#guest?.scope === scope) this.#forget();
    });
    await this.recheck();
  }

  /** Null when there is no room, or nobody to listen. */
  async open(name: string): Promise<string | null> {
    const ports = this.#parts.ports(name);
    const assigned = ports.length === 0 || ports.length > mostListeners ? null : this.#names.assign(name);
    if (!assigned) return null;
    if (assigned.evicted) this.#close(assigned.evicted);
    if (assigned.isNew) this.#parts.onName(name);
    await this.#once(name);
    return this.#open.has(name) ? assigned.address : null;
  }

  /** The policy is another one, or the agent's connection a new one. */
  async recheck(): Promise<void> {
    // The latest first: it is they that are used, if not all have room.
    for (const name of this.#names.names.reverse()) {
      if (!this.#guest) return;
      await this.#once(name).catch(() => undefined);
    }
  }

  /** What was listened for has ended with the agent's connection. */
  #forget(): void {
    this.#guest = null;
    this.#open.clear();
    this.#opening.clear();
    this.#listeners = 0;
  }

  #once(name: string): Promise<void> {
    const underway = this.#opening.get(name);
    if (underway) return underway.catch(() => undefined).then(() => this.#once(name));
    if (this.#isSettled(name)) return Promise.resolve();
    const opening = this.#settle(name).finally(() => {
      if (this.#opening.get(name) === opening) this.#opening.delete(name);
    });
    this.#opening.set(name, opening);
    return opening;
  }

  #isSettled(name: string): boolean {
    const listeners = this.#open.get(name);
    const ports = this.#parts.ports(name);
    return ports.length === (listeners?.size ?? 0) && ports.every((port) => listeners?.has(port));
  }

  async #settle(name: string): Promise<void> {
    const guest = this.#guest;
    const address = this.#names.addressOf(name);
    if (!guest || !address) return;
    const wanted = new Set(this.#parts.ports(name));
    const listeners = this.#open.get(name) ?? new Map<number, GuestListener>();
    for (const [port, listener] of listeners) {
      if (!wanted.has(port)) this.#end(listeners, port, listener);
    }
    const missing = [...wanted].filter((port) => !listeners.has(port));
    if (missing.length > 0 && !this.#makeRoom(missing.length, name)) return;
    if (wanted.size > 0) this.#open.set(name, listeners);
    this.#listeners += missing.length;
    try {
      const onPort = async (port: number): Promise<void> => {
        const take = (stream: GuestStream): void => this.#take(stream, { host: name, port });
        listeners.set(port, await guest.listens.listen({ address, port }, take, guest.scope));
      };
      await Promise.all(missing.map(onPort));
    } catch (error) {
      if (this.#guest === guest) {
        this.#listeners -= missing.filter((port) => !listeners.has(port)).length;
        this.#close(name);
      }
      throw error;
    }
    if (wanted.size === 0) this.#open.delete(name);
  }

  #take(stream: GuestStream, destination: Destination): void {
    const release = this.#names.hold(destination.host);
    stream.once('close', release);
    this.#parts.onConnection(stream, destination);
  }

  #makeRoom(count: number, except: string): boolean {
    while (this.#listeners + count > mostListeners) {
      const idle = this.#names.idle((name) => name !== except && this.#open.has(name) && !this.#opening.has(name));
      if (idle === null) return false;
      this.#close(idle);
    }
    return true;
  }

  #close(name: string): void {
    const listeners = this.#open.get(name);
    this.#open.delete(name);
    for (const [port, listener] of listeners ?? []) this.#end(listeners ?? new Map(), port, listener);
  }

  #end(listeners: Map<number, GuestListener>, port: number, listener: GuestListener): void {
    listeners.delete(port);
    this.#listeners--;
    listener.close().catch(() => undefined);
  }
}
