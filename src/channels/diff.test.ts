import { expect, it } from 'vitest';
import { type Channel, type ChannelInput, channelSchema } from '../schema/index.ts';
import { diffChannels } from './diff.ts';

const web: ChannelInput = {
  name: 'site',
  kind: 'web',
  agent: 'desk',
  origins: ['https://a.example'],
  linking: true,
  carries: 'personal',
  follows: 'internal',
  most: { unlinked: 'write', linked: 'irreversible' },
  approvers: ['milo'],
};
const phone: ChannelInput = {
  name: 'phone',
  tenant: 'acme',
  kind: 'whatsapp',
  agent: 'desk',
  purpose: 'Answers questions about orders of the shop.',
  phoneNumberId: '1',
  secrets: { accessToken: 'a', appSecret: 'b', verifyToken: 'c' },
};
const slack: ChannelInput = {
  name: 'team',
  kind: 'slack',
  agent: 'desk',
  team: 'T01',
  secrets: { botToken: 'a', signingSecret: 'b' },
};
const parsed = (...channels: ChannelInput[]): Channel[] => channels.map((each) => channelSchema.parse(each));
const told = (before: ChannelInput[], after: ChannelInput[]): string[] =>
  diffChannels(parsed(...before), parsed(...after)).map(({ kind, text }) => `${kind} ${text}`);

it('says nothing of what is the same', () => {
  expect(told([web, phone], [web, phone])).toEqual([]);
});

it('calls a channel that is new more, and one that is gone less', () => {
  expect(told([web], [web, phone])).toEqual([
    'widened the channel acme/phone is new: people of whatsapp talk with desk',
  ]);
  expect(told([web, phone], [web])).toEqual(['narrowed the channel acme/phone is gone']);
  // Of another tenant it is another one.
  expect(told([phone], [{ ...phone, tenant: 'other' }])).toHaveLength(2);
});

it.each([
  [
    { most: { unlinked: 'read', linked: 'irreversible' } },
    'site: at most, from addresses that nobody vouches for, write → read',
  ],
  [{ most: { unlinked: 'write', linked: 'read' } }, 'site: at most, from linked addresses, irreversible → read'],
  [{ carries: 'public' }, 'site: may carry what is personal → public'],
  [{ follows: 'nothing' }, 'site: of what was said elsewhere it knows internal → nothing'],
  [{ linking: false }, 'site: addresses may no longer be linked'],
  [{ approvers: [] }, 'site: milo may no longer approve from there'],
  [{ origins: [] }, 'site: https://a.example may no longer use it'],
] as const)('calls %o less, and the way back more', (change, text) => {
  const less = { ...web, ...change } as ChannelInput;
  expect(told([web], [less])).toEqual([`narrowed ${text}`]);
  const [back = ''] = told([less], [web]);
  expect(back).toMatch(/^widened site: /);
});

it('calls it more when those who write there reach another agent', () => {
  expect(told([web], [{ ...web, agent: 'boss' }])).toEqual(['widened site: people of web talk with boss']);
});

it('sees every field that a channel has', () => {
  const changes: Record<string, unknown> = {
    disclosure: 'I am a machine.',
    team: 'T02',
    phoneNumberId: '2',
    purpose: 'Answers questions about refunds of the shop.',
    secrets: { botToken: 'x', signingSecret: 'b' },
    apiUrl: 'https://api.example',
    address: 'orders@shop.example',
    port: 2526,
    verifier: 'mx.other.example',
    relay: 'smtps://relay.example',
  };
  const changed = {
    web: ['disclosure'],
    slack: ['disclosure', 'team', 'secrets', 'apiUrl'],
    whatsapp: ['disclosure', 'purpose', 'phoneNumberId', 'apiUrl'],
    email: ['disclosure', 'address', 'port', 'verifier', 'relay'],
  };
  const seen = new Set([
    'name',
    'tenant',
    'kind',
    'agent',
    'most',
    'carries',
    'follows',
    'linking',
    'approvers',
    'origins',
  ]);
  const mail: ChannelInput = {
    name: 'mail',
    tenant: 'default',
    kind: 'email',
    agent: 'desk',
    address: 'desk@shop.example',
    port: 2525,
    verifier: 'mx.shop.example',
    relay: 'smtp://127.0.0.1',
    secrets: { inboundPassword: 'a' },
  };
  for (const channel of [web, slack, phone, mail]) {
    for (const field of changed[channel.kind]) {
      expect(told([channel], [{ ...channel, [field]: changes[field] } as ChannelInput]), field).toEqual([
        `changed ${channel.tenant === 'acme' ? 'acme/' : ''}${channel.name}: ${field} changed`,
      ]);
      seen.add(field);
    }
  }
  const fields = new Set(channelSchema.options.flatMap(({ shape }) => Object.keys(shape)));
  expect([...fields].filter((field) => !seen.has(field))).toEqual([]);
});
