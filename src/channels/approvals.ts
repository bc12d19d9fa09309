/**
 * Approvals from a channel: only by who is named there, from an address that is linked to them, in private, and for nothing
 * beyond what the channel lets a linked address do.
 */
import { asHoldfastError, type Channel } from '../schema/index.ts';
import type { AddressRecord, InboxRecord } from '../state/index.ts';
import type { Conversations } from './types.ts';

export interface Decision {
  channel: Channel;
  row: InboxRecord;
  address: AddressRecord;
  approval: string;
  approve: boolean;
}

/** What is answered at once, and how it went, later. */
export function decideFrom(
  conversations: Pick<Conversations, 'decide'>,
  { channel, row, address, approval, approve }: Decision,
): { now: string; later: Promise<string> | null } {
  const mayDecide = row.isPrivate && address.linkedMs !== null && channel.approvers.includes(address.person);
  if (!mayDecide) return { now: 'Nothing is approved from here. Use another way.', later: null };
  const by = address.person;
  const later = conversations.decide({ tenant: row.tenant, approval, approve, by, most: channel.most.linked }).then(
    () => `${approve ? 'Approved' : 'Denied'}: ${approval}`,
    (error: unknown) => `Not decided: ${asHoldfastError(error).message}`,
  );
  return { now: `Looking at ${approval.slice(0, 64)}.`, later };
}
