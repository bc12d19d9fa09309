import { expect, it } from 'vitest';
import { channelSchema } from '../schema/index.ts';
import type { AddressRecord, InboxRecord } from '../state/index.ts';
import { type Decision, decideFrom } from './approvals.ts';
import type { Conversations } from './types.ts';

it('decides only for who is named, from a linked address, in private', async () => {
  const decided: string[] = [];
  const conversations: Pick<Conversations, 'decide'> = {
    decide: async ({ by, approval, approve, most }) => void decided.push(`${by} ${approval} ${approve} ${most}`),
  };
  const channel = channelSchema.parse({
    name: 'team',
    kind: 'slack',
    agent: 'desk',
    team: 'T1',
    secrets: { botToken: 'slack-bot', signingSecret: 'slack-sign' },
    approvers: ['milo'],
  });
  const place = { tenant: 'default', channel: 'team', address: 'U1' };
  const address: AddressRecord = { ...place, person: 'milo', linkedMs: 1, disclosedMs: 1, lastInboundMs: 1 };
  const row: InboxRecord = {
    ...place,
    id: 1,
    event: 'e',
    thread: 't',
    isPrivate: true,
    text: '!approve ses-1.4',
    receivedMs: 1,
    line: null,
    state: 'received',
    session: null,
    position: null,
  };
  const decision: Decision = { channel, row, address, approval: 'ses-1.4', approve: true };
  const refused: Decision[] = [
    { ...decision, address: { ...address, linkedMs: null } },
    { ...decision, address: { ...address, person: 'eve' } },
    { ...decision, row: { ...row, isPrivate: false } },
    { ...decision, channel: { ...channel, approvers: [] } },
  ];
  for (const each of refused) expect(decideFrom(conversations, each).later).toBeNull();
  expect(decided).toEqual([]);
  expect(await decideFrom(conversations, decision).later).toBe('Approved: ses-1.4');
  expect(decided).toEqual(['milo ses-1.4 true write']);
});
