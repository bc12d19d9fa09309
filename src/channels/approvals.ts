/**
 * Approvals from a channel: only by who is named there, from an address that is linked to them, in private, and for nothing
 * beyond what the channel lets a linked address do.
 */
import { asHoldfastError, type Channel } from '../schema/index.ts';
import type { AddressRecord, InboxRecord } from '../state/index.ts';
import { passesByItself } from './again.ts';
import type { Conversations } from './types.ts';

export interface Decision {
  channel: Channel;
  row: InboxRecord;
  address: AddressRecord;
}

export const notFromHere = 'Nothing is approved from here. Use another way.';

/** Null: the message is no command that decides. */
export function decisionIn(text: string): { approval: string; approve: boolean } | null {
  const [word = '', approval = ''] = text.trim().split(/\s+/);
  const command = word.toLowerCase();
  return command === '!approve' || command === '!deny' ? { approval, approve: command === '!approve' } : null;
}

export const mayDecide = ({ channel, row, address }: Decision): boolean =>
  row.isPrivate && address.linkedMs !== null && channel.approvers.includes(address.person);

/** How it went. Done again, it says the same. @throws HoldfastError what passes by itself, and nothing was decided */
export async function decideFrom(conversations: Pick<Conversations, 'decide'>, decision: Decision): Promise<string> {
  const { channel, row, address } = decision;
  const said = decisionIn(row.text);
  if (!said || !mayDecide(decision)) return notFromHere;
  const { approval, approve } = said;
  try {
    const most = channel.most.linked;
    await conversations.decide({ tenant: row.tenant, approval, approve, by: address.person, most });
  } catch (error) {
    if (passesByItself(error)) throw error;
    return `Not decided: ${asHoldfastError(error).message}`;
  }
  return `${approve ? 'Approved' : 'Denied'}: ${approval}`;
}
