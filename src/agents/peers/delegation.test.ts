import { describe, expect, it } from 'vitest';
import { agentData } from '../../../test/fixtures/agent-world.ts';
import { type AgentLimits, agentManifestSchema, type Delegation, type SignedLink } from '../../schema/index.ts';
import { linkOf } from '../authority/link.ts';
import { acceptDelegation, peerKeys, requestDigest, signDelegation } from './delegation.ts';
import type { Peer, PeerBook } from './types.ts';

const [a, b, c] = [1, 2, 3].map((digit) => peerKeys(new Uint8Array(32).fill(digit))) as [
  ReturnType<typeof peerKeys>,
  ReturnType<typeof peerKeys>,
  ReturnType<typeof peerKeys>,
];
const root = { tenant: 'acme', person: 'ada', segments: [] };
const request = { agent: 'expert', message: 'go' };
const limits: AgentLimits = { steps: 10, tokens: 10, cents: 10, wallMs: 10, depth: 1 };
const link = (agent: string): SignedLink => {
  const manifest = agentManifestSchema.parse({ ...agentData(agent, [{ say: 'x' }]), limits });
  return { ...linkOf(manifest), policies: {}, approvals: [] };
};
const segment = (audience: { publicKey: string }, ...agents: string[]) => ({
  audience: audience.publicKey,
  id: 'ses-1/3',
  expiresMs: 1000,
  request: requestDigest(request),
  limits,
  untrusted: false,
  links: agents.map(link),
});
const peer = (name: string, { publicKey }: { publicKey: string }, more: Partial<Peer> = {}): Peer => ({
  name,
  publicKey,
  tenants: ['acme'],
  agents: ['expert'],
  ...more,
});
const bookOf = (self: typeof a, ...peers: Peer[]): PeerBook => ({ ...self, peers });
const atB = bookOf(b, peer('a', a), peer('c', c));
const refused = (why: string): object =>
  expect.objectContaining({ code: 'forbidden', message: expect.stringContaining(why) });
const accept = (book: PeerBook, delegation: Delegation, asked = request, nowMs = 0) =>
  acceptDelegation(book, delegation, { request: asked, nowMs });

const toB = signDelegation(a, root, segment(b, 'top', 'middle'));

describe('a delegation between runtimes', () => {
  it('brings all links with the names that runtimes have here, and ends with the first of them', () => {
    const { peer: from, links, limits: slice, id } = accept(atB, toB);
    expect([from.name, slice, id]).toEqual(['a', limits, 'ses-1/3']);
    expect(links.map(({ agent, expiresMs }) => [agent, expiresMs])).toEqual([
      ['a/top', 1000],
      ['a/middle', 1000],
    ]);
  });

  it('goes through several runtimes and back, each of which signs what it added (1)', () => {
    const toC = signDelegation(b, toB, segment(c, 'expert'));
    const backToA = signDelegation(c, toC, segment(a, 'expert'));
    expect(accept(bookOf(a, peer('b', b), peer('c', c)), backToA).links.map(({ agent }) => agent)).toEqual([
      'top',
      'middle',
      'b/expert',
      'c/expert',
    ]);
  });

  it('is refused when forged: any field, and any key but that of a peer (1, 3)', () => {
    const [first] = toB.segments as [Delegation['segments'][number]];
    const changed = (change: Partial<typeof first>): Delegation => ({ ...toB, segments: [{ ...first, ...change }] });
    const forged: Delegation[] = [
      { ...toB, person: 'root' },
      changed({ limits: { ...limits, steps: 500 } }),
      changed({ untrusted: true }),
      changed({ expiresMs: 9999 }),
      changed({ id: 'ses-1/4' }),
      changed({ links: [{ ...link('top'), capabilities: ['money:send'] }, link('middle')] }),
      changed({ links: [{ ...link('top'), approvals: [], expiresMs: 5 }, link('middle')] }),
      changed({ signature: `${first.signature.slice(0, -2)}AA` }),
      changed({ issuer: c.publicKey }),
    ];
    for (const delegation of forged) expect(() => accept(atB, delegation)).toThrow(refused('signature'));
    const stranger = signDelegation(peerKeys(new Uint8Array(32).fill(9)), root, segment(b, 'top'));
    expect(() => accept(atB, stranger)).toThrow(refused('no peer'));
    const own = signDelegation(b, root, segment(b, 'top'));
    expect(() => accept(atB, own)).toThrow(refused('no peer'));
    const other = signDelegation(a, { ...root, tenant: 'evil' }, segment(b, 'top'));
    expect(() => accept(atB, other)).toThrow(refused('may not speak for the tenant evil'));
  });

  it('is refused when shortened, lengthened, reordered or put together anew (1)', () => {
    const toC = signDelegation(b, toB, segment(c, 'expert'));
    const atC = bookOf(c, peer('a', a), peer('b', b));
    expect(accept(atC, toC).links).toHaveLength(3);
    const [first, second] = toC.segments as [Delegation['segments'][number], Delegation['segments'][number]];
    const other = signDelegation(a, root, segment(b, 'top')).segments;
    const dropped = { ...first, links: first.links.slice(1) };
    for (const segments of [[second], [dropped, second], [second, first], [...other, second], [first, first, second]]) {
      expect(() => accept(atC, { ...toC, segments })).toThrow(expect.objectContaining({ code: 'forbidden' }));
    }
    // What A gave to B, shown by B as if it were for C.
    expect(() => accept(atC, { ...toC, segments: [first] })).toThrow(refused('another runtime'));
  });

  it('is refused when replayed: elsewhere, for another request, or too late (2)', () => {
    expect(() => accept(bookOf(c, peer('a', a)), toB)).toThrow(refused('another runtime'));
    expect(() => accept(atB, toB, { ...request, message: 'send the money' })).toThrow(refused('another request'));
    expect(() => accept(atB, toB, { ...request, agent: 'clerk' })).toThrow(refused('another request'));
    expect(() => accept(atB, toB, request, 1000)).toThrow(refused('over'));
    const closed = bookOf(b, peer('a', a, { agents: [] }));
    expect(() => accept(closed, toB)).toThrow(refused('may not start expert'));
  });
});
