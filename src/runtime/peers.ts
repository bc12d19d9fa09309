/** What other runtimes may have this one start. */
import { type Accepted, acceptDelegation, type PeerBook } from '../agents/index.ts';
import { HoldfastError, type StartSessionRequest } from '../schema/index.ts';

/**
 * Null: it is not from a peer.
 * @throws HoldfastError `forbidden` when it is not for this runtime and this request, or not from a peer of that tenant
 */
export function acceptFromPeer(
  book: PeerBook | null,
  tenant: string,
  request: StartSessionRequest,
  nowMs: number,
): Accepted | null {
  const { delegation, agent = '', message, bundle, sandbox, name } = request;
  if (delegation === undefined) return null;
  if (bundle !== undefined || sandbox !== undefined || name !== undefined) {
    throw new HoldfastError(
      'invalid-argument',
      'a peer starts an agent of this runtime by its name, and says no more',
      {
        hint: 'Leave out bundle, sandbox and name.',
      },
    );
  }
  if (!book || delegation.tenant !== tenant) {
    throw new HoldfastError('forbidden', `the delegation is refused: it is not for the tenant ${tenant}`, {
      hint: 'Use the key of the tenant for whom it speaks, of a runtime that has peers.',
    });
  }
  return acceptDelegation(book, delegation, { request: { agent, message }, nowMs });
}
