/**
 * Chains of authority between runtimes that do not share a key. Inside one, a link is made with the tag before it
 * (authority/chain.ts); towards another, the runtime signs the links that it added, for that one and for one request.
 *
 * 1. A segment is signed with what stands before it: person, tenant and the last signature. None can be changed, dropped,
 *    reordered, or put into another chain.
 * 2. It is for one audience and one request, under an id that makes one session at most: who copies it gains nothing.
 * 3. Each issuer is known here by its key, and may speak for the tenant; each segment was made for the issuer of the next.
 * 4. What no link holds is not held: the links join those of this runtime, and the least of all counts.
 */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { canonicalJson, join, loadOrMakeKey, type RandomSource } from '../../base/index.ts';
import {
  type AgentLimits,
  type Delegation,
  type DelegationSegment,
  delegationFormat,
  HoldfastError,
  mostSegments,
  type SignedLink,
} from '../../schema/index.ts';
import type { Peer, PeerBook } from './types.ts';

/** PKCS #8 and SPKI around the bytes of an Ed25519 key (RFC 8410). */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');

export const peerSeedBytes = 32;

type PeerKeys = Pick<PeerBook, 'privateKey' | 'publicKey'>;

/** Whoever has the private half can act for every person of every tenant that peers let it: it never leaves the home. */
export async function loadPeerKeys(home: string, random: RandomSource): Promise<PeerKeys> {
  const hint = 'Restore it from a backup; without it this runtime is another one to its peers.';
  return peerKeys(await loadOrMakeKey({ path: join(home, 'peer.key'), bytes: peerSeedBytes, hint }, random));
}

export function peerKeys(seed: Uint8Array): PeerKeys {
  const privateKey = createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { privateKey, publicKey: spki.subarray(publicPrefix.length).toString('base64url') };
}

export const requestDigest = (request: { agent: string; message: string }): string =>
  hash('sha256', canonicalJson({ agent: request.agent, message: request.message }), 'hex');

type NewSegment = Omit<DelegationSegment, 'format' | 'issuer' | 'signature'>;

/** @param before what this runtime was shown itself, for a session that is another's */
export function signDelegation(
  { privateKey, publicKey }: PeerKeys,
  before: Pick<Delegation, 'tenant' | 'person'> & Partial<Pick<Delegation, 'segments'>>,
  segment: NewSegment,
): Delegation {
  const { tenant, person, segments = [] } = before;
  if (segments.length >= mostSegments) throw refused(`it would pass through more than ${mostSegments} runtimes`);
  const unsigned = { format: delegationFormat, issuer: publicKey, ...segment } as const;
  const signature = sign(null, signedBytes({ tenant, person, segments }, unsigned), privateKey).toString('base64url');
  return { tenant, person, segments: [...segments, { ...unsigned, signature }] };
}

export interface Accepted {
  peer: Peer;
  /** Of all runtimes before this one, with the names that those have here. */
  links: SignedLink[];
  limits: AgentLimits;
  untrusted: boolean;
  /** Of the request, for one session. */
  id: string;
}

/** @throws HoldfastError `forbidden` with what is wrong; nothing was started */
export function acceptDelegation(
  book: PeerBook,
  delegation: Delegation,
  { request, nowMs }: { request: { agent: string; message: string }; nowMs: number },
): Accepted {
  const { segments } = delegation;
  const links = segments.flatMap((segment, at) => {
    const next = segments[at + 1]?.issuer ?? book.publicKey;
    const peer = verifySegment(book, delegation, { segment, at, audience: next, nowMs });
    return segment.links.map((link) => named(link, segment, peer));
  });
  const last = segments.at(-1);
  const peer = last && book.peers.find(({ publicKey }) => publicKey === last.issuer);
  if (!last || !peer) throw refused('it is not from a peer of this runtime');
  if (last.request !== requestDigest(request)) throw refused('it was made for another request');
  if (!peer.agents?.includes(request.agent)) throw refused(`${peer.name} may not start ${request.agent}`);
  return { peer, links, limits: last.limits, untrusted: last.untrusted, id: last.id };
}

/** The peer that signed it; null: this runtime itself did, earlier in the chain. */
function verifySegment(
  { publicKey, peers }: PeerBook,
  delegation: Delegation,
  { segment, at, audience, nowMs }: { segment: DelegationSegment; at: number; audience: string; nowMs: number },
): Peer | null {
  const { issuer, signature, ...unsigned } = segment;
  const isOwn = issuer === publicKey && at < delegation.segments.length - 1;
  const peer = peers.find((one) => one.publicKey === issuer) ?? null;
  if (!peer && !isOwn) throw refused('a runtime that is no peer of this one signed it');
  if (peer && !peer.tenants.includes(delegation.tenant)) {
    throw refused(`${peer.name} may not speak for the tenant ${delegation.tenant}`);
  }
  const before = { ...delegation, segments: delegation.segments.slice(0, at) };
  const isSigned = verify(
    null,
    signedBytes(before, { issuer, ...unsigned }),
    publicKeyOf(issuer),
    Buffer.from(signature, 'base64url'),
  );
  if (!isSigned) throw refused('a signature is not the one it must have');
  if (segment.audience !== audience) throw refused('it was made for another runtime');
  if (nowMs >= segment.expiresMs) throw refused('it is over');
  return peer;
}

/** Where the agents of a peer are named, its name stands before them. */
function named(link: SignedLink, { expiresMs }: DelegationSegment, peer: Peer | null): SignedLink {
  const own = link.agent.split('/').at(-1) ?? '';
  const ends = Math.min(expiresMs, link.expiresMs ?? Number.POSITIVE_INFINITY);
  return { ...link, agent: peer ? `${peer.name}/${own}` : own, expiresMs: ends };
}

function signedBytes({ tenant, person, segments }: Delegation, segment: Omit<DelegationSegment, 'signature'>): Buffer {
  const before = segments.at(-1)?.signature ?? null;
  return Buffer.from(canonicalJson({ tenant, person, before, segment }));
}

function publicKeyOf(key: string): KeyObject {
  const spki = Buffer.concat([publicPrefix, Buffer.from(key, 'base64url')]);
  return createPublicKey({ key: spki, format: 'der', type: 'spki' });
}

function refused(why: string): HoldfastError {
  return new HoldfastError('forbidden', `the delegation is refused: ${why}`, {
    hint: 'Nothing was started. The owners of both runtimes say who works for whom: peers.',
  });
}
