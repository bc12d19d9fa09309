/** What is kept of a sandbox's network: its authority, its secrets and what stands for them, the ports that others may open. */
import type { ExpandedPreset, Visibility } from '../schema/index.ts';

/** What a sandbox's network is made of besides its policy. */
export interface NetworkRecord {
  sandbox: string;
  tenant: string;
  /** The policy's presets, as this machine's configuration made them when the policy was set, or as its tape has them. */
  presets: ExpandedPreset[];
  /** The sandbox's own certificate authority, key sealed: as the secret store seals it. */
  authority: { certificate: string; sealedKey: string };
  /** The tape it records to. */
  tape: string | null;
}

export interface NetworkRepository {
  get(sandbox: string): NetworkRecord | null;
  /** Replaces one that is there. */
  put(record: NetworkRecord): void;
  remove(sandbox: string): void;
}

/** What a tenant gave to be used and never shown. */
export interface SecretRecord {
  tenant: string;
  name: string;
  /** The value, as the secret store sealed it. */
  sealed: string;
  createdAt: string;
  updatedAt: string;
}

/** Anything in this store that the home's secret key seals: secrets by tenant and name, authorities by sandbox. */
export interface Sealed {
  kind: 'secret' | 'authority';
  owner: string;
  name: string;
  sealed: string;
}

export interface SecretRepository {
  /** Replaces one that is there. */
  put(record: SecretRecord): void;
  get(tenant: string, name: string): SecretRecord | null;
  /** By name. */
  list(tenant: string): SecretRecord[];
  /** False when there was none. */
  remove(tenant: string, name: string): boolean;
  allSealed(): Sealed[];
  /** All of them or, when `reseal` throws, none. */
  resealAll(reseal: (sealed: Sealed) => string): void;
  /** What was written before is on the disk itself when it returns. Not inside a transaction. */
  flush(): void;
}

/** What stands for a secret inside one sandbox. */
export interface PlaceholderRecord {
  sandbox: string;
  secret: string;
  placeholder: string;
}

export interface PlaceholderRepository {
  insert(record: PlaceholderRecord): void;
  list(sandbox: string): PlaceholderRecord[];
  /** Happens by itself when the sandbox is gone. */
  remove(sandbox: string): void;
}

/** A port that others may open under a host name of its own. */
export interface PreviewRecord {
  id: string;
  /** The first part of its host name: random, so that nobody guesses it. */
  label: string;
  tenant: string;
  /** An id, never a name: names are given anew. */
  sandbox: string;
  port: number;
  visibility: Visibility;
  keepHost: boolean;
  createdAt: string;
  /** Wall clock, milliseconds since 1970. */
  expiresMs: number;
  revoked: boolean;
}

export interface PreviewRepository {
  insert(record: PreviewRecord): void;
  /** Also one that is over. */
  byLabel(label: string): PreviewRecord | null;
  find(sandbox: string, id: string): PreviewRecord | null;
  /** Neither expired nor revoked, oldest first. */
  working(sandbox: string, nowMs: number): PreviewRecord[];
  anyWorking(nowMs: number): boolean;
  /** False when it is unknown or revoked already. */
  revoke(id: string): boolean;
  /** Forgets those that expired before that time, and those of sandboxes that are forgotten. */
  purge(beforeMs: number): number;
}
