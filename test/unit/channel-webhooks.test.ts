/** What somebody who means harm sends to the webhooks of channels, over real HTTP; each must get nothing. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChannelInput } from '../../src/schema/index.ts';
import { channelTools, errorOf, eventId, newPhone } from '../fixtures/channel-tools.ts';
import { type ChannelWorld, done, openChannelWorld, signedSlack, signedWhatsApp } from '../fixtures/channel-world.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
let world: ChannelWorld;
const { lastTo, textsTo } = channelTools(() => world);

beforeAll(async () => {
  world = await openChannelWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  done.splice(0);
});

describe('a webhook', () => {
  const unauthenticated = [401, 'unauthenticated'];
  const hook = '/channels/default/phone/webhook';

  it('that is forged, or was changed after it was signed, is refused and leaves nothing', async () => {
    const from = newPhone();
    const wa = { id: eventId(), from, text: 'let me in' };
    expect(await errorOf(await world.whatsapp({ ...wa, secret: 'guessed' }))).toEqual(unauthenticated);
    const [body, headers] = signedWhatsApp(wa);
    expect(await errorOf(await world.post(hook, body.replace('let', 'Let'), headers))).toEqual(unauthenticated);
    expect(await errorOf(await world.post(hook, body))).toEqual(unauthenticated);
    expect(await errorOf(await world.post('/channels/default/team/webhook', body, headers))).toEqual(unauthenticated);
    const event = { id: eventId(), user: 'U1', text: 'hi' };
    expect(await errorOf(await world.slackEvent({ ...event, secret: 'guessed' }))).toEqual(unauthenticated);
    const [slackBody] = signedSlack(event);
    const socket = { 'x-slack-socket-token': 'anything' };
    expect(await errorOf(await world.post('/channels/default/team/webhook', slackBody, socket))).toEqual(
      unauthenticated,
    );
    expect(textsTo(from)).toEqual([]);
    expect(textsTo('DU1')).toEqual([]);
  });

  it('that is of long ago, or from the future, is refused', async () => {
    const event = { id: eventId(), user: 'U2', text: 'hi' };
    for (const shiftMs of [-6 * minuteMs, 6 * minuteMs]) {
      expect(await errorOf(await world.slackEvent({ ...event, signedMs: Date.now() + shiftMs }))).toEqual(
        unauthenticated,
      );
    }
    const from = newPhone();
    // Meta signs no time, but each message has its own.
    expect((await world.whatsapp({ id: eventId(), from, text: 'old', sentMs: Date.now() - 9 * dayMs })).status).toBe(
      200,
    );
    await world.whatsapp({ id: eventId(), from, text: 'new', sentMs: Date.now() - 6 * dayMs });
    await expect.poll(() => lastTo(from)).toBe('heard: new');
  });

  it('that comes again is taken once, however often, whatever it says of itself', async () => {
    const event = { id: eventId(), user: 'U3', text: 'hello' };
    const sent = await Promise.all([...Array(20).keys()].map((retry) => world.slackEvent({ ...event, retry })));
    expect(sent.map(({ status }) => status)).toEqual(sent.map(() => 200));
    await expect.poll(() => lastTo('DU3')).toBe('heard: hello');
    await world.slackEvent({ ...event, retry: 1 });
    await world.slackEvent({ id: eventId(), user: 'U3', text: 'again' });
    await expect.poll(() => lastTo('DU3')).toBe('heard: hello | again');
    expect(textsTo('DU3').length).toBe(3);
  });

  it('that is too large is refused before it is read, signed or not', async () => {
    const [body, headers] = signedWhatsApp({ id: eventId(), from: newPhone(), text: 'big', padding: 600_000 });
    expect(await errorOf(await world.post(hook, body, headers))).toEqual([413, 'file-too-large']);
  });

  it('for another tenant, workspace or number is refused, though it is signed', async () => {
    const from = newPhone();
    const wa = { id: eventId(), from, text: 'hi' };
    const elsewhere = [
      world.whatsapp({ ...wa, path: '/channels/other/phone/webhook' }),
      world.whatsapp({ ...wa, path: '/channels/default/none/webhook' }),
      world.whatsapp({ ...wa, path: '/channels/default/site/webhook' }),
    ];
    for (const sent of elsewhere) expect(await errorOf(await sent)).toEqual([404, 'not-found']);
    expect(await errorOf(await world.whatsapp({ ...wa, number: '999' }))).toEqual([403, 'forbidden']);
    expect(await errorOf(await world.slackEvent({ id: eventId(), user: 'U4', text: 'hi', team: 'T9' }))).toEqual([
      403,
      'forbidden',
    ]);
    expect(textsTo(from)).toEqual([]);
  });

  it('to a channel whose secrets are not there yet is refused without a word of them, and taken when they are', async () => {
    await using bare = await openChannelWorld({
      configure: (given) => given.map((channel) => (channel.kind === 'whatsapp' ? otherSecret(channel) : channel)),
    });
    const wa = { id: eventId(), from: '1', text: 'hi' };
    const refused = await bare.whatsapp(wa);
    expect(refused.status).toBe(501);
    expect(await refused.text()).not.toContain('wa-late');
    await bare.runtime.service().putSecret('wa-late', new TextEncoder().encode('EAAG-access-token'));
    expect((await bare.whatsapp(wa)).status).toBe(200);
    await expect.poll(() => bare.graph.sent.at(-1)?.text).toBe('heard: hi');
  });

  it('that is signed and makes no sense is refused, and the next one is taken', async () => {
    for (const junk of ['{', '{}', '[]', '{"entry":[{"changes":[{"field":"messages"}]}]}', 'null']) {
      const signature = `sha256=${createHmac('sha256', 'app-secret-of-meta').update(junk).digest('hex')}`;
      const response = await world.post(hook, junk, { 'x-hub-signature-256': signature });
      expect([junk, await errorOf(response)]).toEqual([junk, [400, 'invalid-argument']]);
    }
    const from = newPhone();
    await world.whatsapp({ id: eventId(), from, text: 'sense' });
    await expect.poll(() => lastTo(from)).toBe('heard: sense');
  });

  it('is shown to be ours to whoever has the token for that', async () => {
    const ask = (token: string): Promise<Response> =>
      fetch(`${world.url}/v1${hook}?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=4711`);
    expect(await (await ask('verify-token')).text()).toBe('4711');
    expect(await errorOf(await ask('guess'))).toEqual(unauthenticated);
  });

  it('of a program, or of a channel where nobody spoke to us, is not answered', async () => {
    await world.slackEvent({ id: eventId(), user: 'U5', text: 'loop', bot: 'B1' });
    await world.slackEvent({ id: eventId(), user: 'U5', text: 'idle talk', channel: 'C5', channelType: 'channel' });
    await world.slackEvent({ id: eventId(), user: 'U5', text: '<@UBOT> hello', channel: 'C5', type: 'app_mention' });
    await expect.poll(() => lastTo('C5')).toBe('heard: hello');
    expect(textsTo('DU5')).toEqual([]);
  });

  it('of a flood is told so, and not for every message', async () => {
    const from = newPhone();
    for (let count = 0; count < 30; count++) await world.whatsapp({ id: eventId(), from, text: '!unlink' });
    await expect.poll(() => textsTo(from).filter((text) => text.startsWith('You write faster')).length).toBe(1);
    await expect.poll(() => textsTo(from).filter((text) => text.includes('not linked')).length).toBe(20);
    await world.whatsapp({ id: eventId(), from: newPhone(), text: 'x'.repeat(20_000) });
    await expect.poll(() => world.graph.sent.at(-1)?.text).toBe('Messages have at most 16384 characters.');
  });
});

const otherSecret = (channel: Extract<ChannelInput, { kind: 'whatsapp' }>): ChannelInput => ({
  ...channel,
  secrets: { ...channel.secrets, accessToken: 'wa-late' },
});
