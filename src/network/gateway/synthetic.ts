/**
 * Names and the addresses that stand for them inside one sandbox: 127.64.0.0/10, one per name. Derived from the name, so
 * that the same name gets the same address after a restart of the gateway, as long as no other has taken it.
 *
 * 1. One address is one name while the session lives, and no name has two.
 * 2. At most `maxNames`; the name that was used longest ago and has no connection open makes room, else there is none.
 */
import { createHash } from 'node:crypto';

export const maxNames = 4096;
const base = 0x7f40_0000;
const size = 1 << 22;

interface Entry {
  name: string;
  address: string;
  connections: number;
}

export class SyntheticNames {
  /** In the order of their use, oldest first. */
  readonly #names = new Map<string, Entry>();
  readonly #addresses = new Map<string, Entry>();
  readonly #most: number;

  constructor(most: number = maxNames) {
    this.#most = most;
  }

  get names(): string[] {
    return [...this.#names.keys()];
  }

  nameOf(address: string): string | null {
    return this.#addresses.get(address)?.name ?? null;
  }

  addressOf(name: string): string | null {
    return this.#names.get(name)?.address ?? null;
  }

  /** Null when all are taken and in use. `evicted` is a name whose address is nobody's now. */
  assign(name: string): { address: string; evicted: string | null; isNew: boolean } | null {
    const known = this.#touch(name);
    if (known) return { address: known.address, evicted: null, isNew: false };
    const evicted = this.#names.size >= this.#most ? this.#evict() : null;
    if (this.#names.size >= this.#most) return null;
    const entry = { name, address: this.#free(name), connections: 0 };
    this.#names.set(name, entry);
    this.#addresses.set(entry.address, entry);
    return { address: entry.address, evicted, isNew: true };
  }

  /** A connection to the name is open until the returned function is called. */
  hold(name: string): () => void {
    const entry = this.#touch(name);
    if (!entry) return () => undefined;
    entry.connections++;
    return () => {
      entry.connections--;
    };
  }

  /** The name of these that was used longest ago and has no connection open. */
  idle(isOne: (name: string) => boolean): string | null {
    for (const { name, connections } of this.#names.values()) if (connections === 0 && isOne(name)) return name;
    return null;
  }

  #touch(name: string): Entry | undefined {
    const entry = this.#names.get(name);
    if (entry) {
      this.#names.delete(name);
      this.#names.set(name, entry);
    }
    return entry;
  }

  #evict(): string | null {
    for (const entry of this.#names.values()) {
      if (entry.connections > 0) continue;
      this.#names.delete(entry.name);
      this.#addresses.delete(entry.address);
      return entry.name;
    }
    return null;
  }

  #free(name: string): string {
    const start = createHash('sha256').update(name).digest().readUInt32BE(0) % size;
    for (let step = 0; ; step = (step + 1) % size) {
      const address = dotted(base + ((start + step) % size));
      const last = address.slice(address.lastIndexOf('.') + 1);
      if (last !== '0' && last !== '255' && !this.#addresses.has(address)) return address;
    }
  }
}

const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');

/** `4.3.64.127.in-addr.arpa` → `127.64.3.4`; null for what is no such name. */
export function pointerAddress(name: string): string | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/i.exec(name);
  return match ? match.slice(1).reverse().map(Number).join('.') : null;
}
