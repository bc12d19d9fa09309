import { expect, it } from 'vitest';
import { channelSchema, HoldfastError } from '../schema/index.ts';
import type { AddressRecord, InboxRecord } from '../state/index.ts';
import { type Decision, decideFrom, decisionIn, mayDecide, notFromHere } from './approvals.ts';
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
  const decision: Decision = { channel, row, address };
  const refused: Decision[] = [
    { ...decision, address: { ...address, linkedMs: null } },
    { ...decision, address: { ...address, person: 'eve' } },
    { ...decision, row: { ...row, isPrivate: false } },
    { ...decision, channel: { ...channel, approvers: [] } },
  ];
  for (const each of refused) {
    expect(mayDecide(each)).toBe(false);
    expect(await decideFrom(conversations, each)).toBe(notFromHere);
  }
  expect(decided).toEqual([]);
  expect(mayDecide(decision)).toBe(true);
  expect(await decideFrom(conversations, decision)).toBe('Approved: ses-1.4');
  expect(decided).toEqual(['milo ses-1.4 true write']);
});

it('is told from other messages', () => {
  expect(decisionIn(' !APPROVE  ses-1.4 please')).toEqual({ approval: 'ses-1.4', approve: true });
  expect(decisionIn('!deny')).toEqual({ approval: '', approve: false });
  expect(decisionIn('please !approve ses-1.4')).toBeNull();
});

it('is no refusal where the decision could not be written: it is made again', async () => {
  const failing = (code: 'host-disk-full' | 'forbidden') => ({
    decide: () => Promise.reject(new HoldfastError(code, 'no')),
  });
  const channel = channelSchema.parse({
    name: 'team',
    kind: 'slack',
    agent: 'desk',
    team: 'T1',
    secrets: { botToken: 'slack-bot', signingSecret: 'slack-sign' },
    approvers: ['milo'],
  });
  const address = { person: 'milo', linkedMs: 1 } as AddressRecord;
  const row = { tenant: 'default', isPrivate: true, text: '!deny ses-1.4' } as InboxRecord;
  await expect(decideFrom(failing('host-disk-full'), { channel, row, address })).rejects.toThrow('no');
  expect(await decideFrom(failing('forbidden'), { channel, row, address })).toBe('Not decided: no');
});
