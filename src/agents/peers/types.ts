/** Other runtimes that agents work for, or give work to. */
import type { KeyObject } from 'node:crypto';
import type { HoldfastService } from '../../schema/index.ts';

export interface Peer {
  /** What it is called here: `model: { provider: peer, peer: … }`, and before the names of its agents. */
  name: string;
  /** base64url of 32 bytes; `holdfast serve --peers` says its own. */
  publicKey: string;
  /** For which tenants it may speak, and whose agents may give it work. */
  tenants: readonly string[];
  /** Agents here that it may start; none when absent. */
  agents?: readonly string[];
  /** How it is reached, as the tenant whose work it is; absent: it only asks, and is asked nothing. */
  serviceOf?(tenant: string): Pick<HoldfastService, 'startSession' | 'getSession'>;
}

export interface PeerBook {
  privateKey: KeyObject;
  publicKey: string;
  peers: readonly Peer[];
}
