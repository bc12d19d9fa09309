/** What somebody who means harm tries at a channel, over real HTTP; each must get nothing. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../src/schema/index.ts';
import { channelTools, codeOf, errorOf, eventId, newPhone } from '../fixtures/channel-tools.ts';
import {
  adaKey,
  auditorKey,
  type ChannelWorld,
  done,
  knowing,
  number,
  openChannelWorld,
  tenantKey,
} from '../fixtures/channel-world.ts';

const minuteMs = 60_000;
let world: ChannelWorld;
const { lastTo, link, textsTo } = channelTools(() => world);
const answers = (events: readonly ChatEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'message' && event.role === 'assistant' ? [event.text] : []));

beforeAll(async () => {
  world = await openChannelWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  done.splice(0);
});

describe('a thread that several read', () => {
  it('has nothing of the private conversation of one of them, and uses up a code that is shown there', async () => {
    const page = await world.page('gina');
    await page.say('my secret is blue');
    await page.follow((events) => answers(events).length === 1);
    await world.slackEvent({ id: eventId(), user: 'UG', text: await codeOf(page) });
    await expect.poll(() => lastTo('DUG')).toMatch(/YES or NO/);
    await world.slackEvent({ id: eventId(), user: 'UG', text: 'yes' });
    await expect.poll(() => lastTo('DUG')).toMatch(/^Linked/);
    await world.slackEvent({ id: eventId(), user: 'UG', text: 'hello' });
    await expect.poll(() => lastTo('DUG')).toBe('heard: my secret is blue | hello');
    const group = { user: 'UG', channel: 'CG', type: 'app_mention', thread: '1.5' } as const;
    await world.slackEvent({ id: eventId(), ...group, text: '<@UBOT> what is my secret?' });
    await expect.poll(() => lastTo('CG')).toBe('heard: what is my secret?');
    // Nor may more be done there than for anybody.
    await world.slackEvent({ id: eventId(), ...group, text: '<@UBOT> call note' });
    await expect.poll(() => lastTo('CG')).toMatch(/may not lead to note/);
    const code = await codeOf(page);
    await world.slackEvent({ id: eventId(), ...group, user: 'UH', text: `<@UBOT> ${code}` });
    await expect.poll(() => lastTo('CG')).toMatch(/used up/);
    await world.slackEvent({ id: eventId(), user: 'UH', text: code });
    await expect.poll(() => lastTo('DUH')).toMatch(/does not work/);
    expect(done).toEqual([]);
  });
});

describe('a code', () => {
  it('works once, for one address, and not where it was asked for as somebody else', async () => {
    const page = await world.page('carl');
    const code = await codeOf(page);
    const [first, second] = [newPhone(), newPhone()];
    await world.whatsapp({ id: eventId(), from: first, text: code });
    await expect.poll(() => lastTo(first)).toMatch(/YES or NO/);
    await world.whatsapp({ id: eventId(), from: second, text: code });
    await expect.poll(() => lastTo(second)).toMatch(/does not work/);
    // A yes counts for the address that used the code.
    await world.whatsapp({ id: eventId(), from: second, text: 'yes' });
    await expect.poll(() => lastTo(second)).toBe('heard: yes');
    await world.whatsapp({ id: eventId(), from: first, text: 'yes' });
    await expect.poll(() => lastTo(first)).toMatch(/^Linked/);
    await world.whatsapp({ id: eventId(), from: first, text: await codeOf(await world.page('mallory')) });
    await expect.poll(() => lastTo(first)).toMatch(/linked already/);
    expect(await (await (await world.page('mallory')).fetch('GET', '/links')).json()).toEqual([]);
  });

  it('is not found by trying: after five wrong ones a right one does not work either', async () => {
    const code = await codeOf(await world.page('dora'));
    const from = newPhone();
    for (let guess = 0; guess < 5; guess++)
      await world.whatsapp({ id: eventId(), from, text: `HF-2222${guess + 2}-22222-22222` });
    await world.whatsapp({ id: eventId(), from, text: code });
    await expect.poll(() => textsTo(from).filter((text) => text.includes('does not work')).length).toBe(6);
    const other = newPhone();
    await world.whatsapp({ id: eventId(), from: other, text: code });
    await expect.poll(() => lastTo(other)).toMatch(/YES or NO/);
  });

  it('ends after ten minutes, and its question after ten more', async () => {
    let shiftMs = 0;
    const { systemClock } = await import('../../src/base/index.ts');
    const clock = { ...systemClock, nowMs: () => Date.now() + shiftMs };
    await using later = await openChannelWorld({ clock });
    const page = await later.page('emma');
    const code = await codeOf(page);
    const last = (): string | undefined => later.graph.sent.at(-1)?.text;
    shiftMs = 10 * minuteMs + 1000;
    await later.whatsapp({ id: eventId(), from: '1', text: code });
    await expect.poll(last).toMatch(/does not work/);
    await later.whatsapp({ id: eventId(), from: '1', text: await codeOf(page) });
    await expect.poll(last).toMatch(/YES or NO/);
    shiftMs += 10 * minuteMs + 1000;
    await later.whatsapp({ id: eventId(), from: '1', text: 'yes' });
    await expect.poll(last).toBe('heard: yes');
  });

  it('is not given and not taken where linking is off, which it is unless somebody says otherwise', async () => {
    await using closed = await openChannelWorld({
      configure: (given) => given.map((channel) => (channel.name === 'phone' ? omit(channel) : channel)),
    });
    await closed.whatsapp({ id: eventId(), from: '1', text: '!link' });
    await expect.poll(() => closed.graph.sent.at(-1)?.text).toBe('Nothing is linked from here.');
    await closed.whatsapp({ id: eventId(), from: '1', text: await codeOf(await closed.page('finn')) });
    await expect.poll(() => closed.graph.sent.at(-1)?.text).toMatch(/does not work/);
  });
});

const omit = <T extends { linking?: boolean | undefined }>({ linking: _, ...rest }: T): Omit<T, 'linking'> & T =>
  rest as never;

describe('what may be done', () => {
  it('is what the channel allows: less by a phone than by a page, least by one that nobody vouches for', async () => {
    const from = newPhone();
    const page = await world.page('hanna');
    const tried = async (text: string): Promise<string | undefined> => {
      const before = textsTo(from).length;
      await world.whatsapp({ id: eventId(), from, text });
      await expect.poll(() => textsTo(from).slice(before).at(-1)).toMatch(/^heard/);
      return lastTo(from);
    };
    await tried('hello');
    expect(await tried('call look')).toContain('look done');
    expect(await tried('call note')).toContain('by the channel phone may not lead to note');
    await link(page, from);
    expect(await tried('call note')).toContain('note done');
    expect(await tried('call wipe')).toContain('by the channel phone may not lead to wipe');
    expect(await tried('call recall')).toContain('may not carry what is personal');
    expect(done).toEqual(['look', 'note']);
    await page.say('call wipe');
    await page.follow((events) => answers(events).some((text) => text.includes('wipe done')));
    expect(done).toEqual(['look', 'note', 'wipe']);
  });

  it('is not approved from a phone, nor by who is not named, nor beyond what the channel allows', async () => {
    const rule = { tools: ['wipe', 'note'], withinMs: minuteMs, fourEyes: false };
    await using careful = await openChannelWorld({ agent: { approvals: [rule] } });
    const service = careful.runtime.service();
    const page = await careful.page('milo');
    const said = (): string | undefined => careful.slack.sent.at(-1)?.text;
    const slack = (text: string): Promise<Response> => careful.slackEvent({ id: eventId(), user: 'UM', text });
    await page.say('call wipe');
    await page.follow((events) =>
      events.some(({ type, ...event }) => type === 'notice' && JSON.stringify(event).includes('approve')),
    );
    const [wipe] = await service.listApprovals();
    await careful.whatsapp({ id: eventId(), from: '1', text: `!approve ${wipe?.id}` });
    await expect.poll(() => careful.graph.sent.at(-1)?.text).toMatch(/^Nothing is approved from here/);
    await slack(`!approve ${wipe?.id}`);
    await expect.poll(said).toMatch(/^Nothing is approved from here/);
    await slack(await codeOf(page));
    await expect.poll(said).toMatch(/YES or NO/);
    await slack('yes');
    await expect.poll(said).toMatch(/^Linked/);
    // The same person by a channel that names nobody.
    for (const text of [await codeOf(page), 'yes', `!approve ${wipe?.id}`]) {
      const before = careful.graph.sent.length;
      await careful.whatsapp({ id: eventId(), from: '1', text });
      await expect.poll(() => careful.graph.sent.length).toBe(before + 1);
    }
    expect(careful.graph.sent.slice(-2).map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Linked/),
      'Nothing is approved from here. Use another way.',
    ]);
    await slack(`!approve ${wipe?.id}`);
    await expect.poll(said).toBe('Not decided: what is irreversible is not approved from there');
    expect((await service.listApprovals()).length).toBe(1);
    await slack(`!deny ${wipe?.id}`);
    await expect.poll(said).toBe(`Denied: ${wipe?.id}`);
    await page.say('call note');
    await expect.poll(async () => (await service.listApprovals()).length).toBe(1);
    const [note] = await service.listApprovals();
    await slack(`!approve ${note?.id}`);
    await expect.poll(() => done).toEqual(['note']);
  });
});

describe('what is known', () => {
  it('is nothing of elsewhere unless it follows, up to the class that does', async () => {
    const heard = async (
      follows: 'nothing' | 'public' | 'internal',
      carries: 'internal' | 'personal',
    ): Promise<string | undefined> => {
      await using one = await openChannelWorld({
        configure: (given) =>
          given.map((channel) => {
            if (channel.name === 'phone') return { ...channel, follows };
            return channel.name === 'site' ? { ...channel, carries } : channel;
          }),
      });
      const page = await one.page('ida');
      await page.say('on the page');
      await page.follow((events) => answers(events).length === 1);
      await one.whatsapp({ id: eventId(), from: '1', text: await codeOf(page) });
      await expect.poll(() => one.graph.sent.at(-1)?.text).toMatch(/YES or NO/);
      await one.whatsapp({ id: eventId(), from: '1', text: 'yes' });
      await expect.poll(() => one.graph.sent.at(-1)?.text).toMatch(/^Linked/);
      await one.whatsapp({ id: eventId(), from: '1', text: 'by phone' });
      await expect.poll(() => one.graph.sent.at(-1)?.text).toMatch(/^heard/);
      return one.graph.sent.at(-1)?.text;
    };
    expect(await heard('nothing', 'internal')).toBe('heard: by phone');
    expect(await heard('public', 'internal')).toBe('heard: by phone');
    expect(await heard('internal', 'personal')).toBe('heard: by phone');
    expect(await heard('internal', 'internal')).toBe('heard: on the page | by phone');
  });

  it('does not go to an address that was unlinked while the answer was made', async () => {
    const gates = new Map<string, () => void>();
    const model = knowing((text) =>
      text === 'slow' ? new Promise((resolve) => gates.set(text, resolve)) : Promise.resolve(),
    );
    await using one = await openChannelWorld({ model });
    const page = await one.page('jan');
    await page.say('private');
    await page.follow((events) => answers(events).length === 1);
    const last = (): string | undefined => one.graph.sent.at(-1)?.text;
    for (const [text, then] of [
      [await codeOf(page), /YES or NO/],
      ['yes', /^Linked/],
    ] as const) {
      await one.whatsapp({ id: eventId(), from: '1', text });
      await expect.poll(last).toMatch(then);
    }
    await one.whatsapp({ id: eventId(), from: '1', text: 'slow' });
    await expect.poll(() => gates.size).toBe(1);
    // One that waits its turn behind it goes with the address, not with the person.
    await one.whatsapp({ id: eventId(), from: '1', text: 'waits' });
    const [linked] = (await (await page.fetch('GET', '/links')).json()) as { id: string }[];
    expect((await page.fetch('DELETE', `/links/${linked?.id}`)).status).toBe(204);
    gates.get('slow')?.();
    await page.follow((events) => answers(events).some((text) => text.includes('slow')));
    await one.whatsapp({ id: eventId(), from: '1', text: 'who am I?' });
    await expect.poll(last).toBe('heard: waits | who am I?');
    expect(one.graph.sent.map(({ text }) => text)).toContain('heard: waits');
    expect(one.graph.sent.some(({ text }) => text.includes('private'))).toBe(false);
    const { items } = await one.runtime.service().journal({ limit: 10_000 });
    expect(items.map(({ type }) => type)).toContain('channel-message-not-sent');
  });
});

describe('a page', () => {
  it('is let in by its person’s token alone, for that channel and until its end', async () => {
    const page = await world.page('kim');
    const ask = (token: string | null, place = 'default/site'): Promise<Response> =>
      fetch(
        `${world.url}/v1/chat/${place}/links`,
        token === null ? {} : { headers: { authorization: `Bearer ${token}` } },
      );
    expect((await ask(page.token)).status).toBe(200);
    const [, expires, tag] = page.token.split('.');
    const other = `${Buffer.from('ada').toString('base64url')}.${expires}.${tag}`;
    const longer = page.token.replace(`.${expires}.`, '.zzzzzzzz.');
    for (const token of [null, '', tenantKey, other, longer, `${page.token.slice(0, -2)}AA`, 'x'.repeat(600)]) {
      expect([token, await errorOf(await ask(token))]).toEqual([token, [401, 'unauthenticated']]);
    }
    for (const place of ['other/site', 'default/phone', 'default/none']) {
      expect(await errorOf(await ask(page.token, place))).toEqual([401, 'unauthenticated']);
    }
    // Nor is it a key.
    const asKey = await fetch(`${world.url}/v1/sessions`, { headers: { authorization: `Bearer ${page.token}` } });
    expect(asKey.status).toBe(401);
    const tokenFor = (person: string, by: string): Promise<Response> =>
      world.post('/channels/site/tokens', JSON.stringify({ person }), { authorization: `Bearer ${by}` });
    expect((await tokenFor('ada', adaKey)).status).toBe(201);
    expect(await errorOf(await tokenFor('kim', adaKey))).toEqual([403, 'forbidden']);
    expect(await errorOf(await tokenFor('kim', auditorKey))).toEqual([403, 'forbidden']);
    expect((await tokenFor('kim', page.token)).status).toBe(401);
    const forPhone = await world.post('/channels/phone/tokens', '{"person":"kim"}', {
      authorization: `Bearer ${tenantKey}`,
    });
    expect(forPhone.status).toBe(400);
  });

  it('of a listed origin is let in, with what a browser asks before, and no other', async () => {
    const good = await world.page('lea', 'https://shop.example');
    const response = await good.fetch('GET', '/links');
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([
      200,
      'https://shop.example',
    ]);
    const before = await fetch(`${world.url}/v1/chat/default/site/messages`, {
      method: 'OPTIONS',
      headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
    });
    expect([before.status, before.headers.get('access-control-allow-headers')]).toEqual([
      204,
      expect.stringContaining('authorization'),
    ]);
    const bad = await world.page('lea', 'https://evil.example');
    expect(await errorOf(await bad.say('hi'))).toEqual([403, 'forbidden']);
    // The server's own pages are no chat pages.
    const own = await world.page('lea', world.url);
    expect(await errorOf(await own.say('hi'))).toEqual([403, 'forbidden']);
  });

  it('sees no session but its person’s, whatever place it names', async () => {
    const [one, other] = [await world.page('mia'), await world.page('noa')];
    await one.say('mine');
    const { place } = await one.follow((events) => answers(events).length === 1);
    await other.say('yours');
    const { events } = await other.follow((seen) => answers(seen).length === 1, place ?? '');
    expect(answers(events)).toEqual(['heard: yours']);
    expect(JSON.stringify(events)).not.toContain('mine');
  });

  it('says the same once, and not more than a person can', async () => {
    const page = await world.page('otto');
    expect(await (await page.say('one', 'same')).json()).toEqual({ accepted: true });
    expect(await (await page.say('one', 'same')).json()).toEqual({ accepted: false });
    const sent = await Promise.all([...Array(25).keys()].map((count) => page.say(`n${count}`)));
    const refused = sent.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(5);
    expect(await errorOf(refused[0] ?? new Response('{}'))).toEqual([429, 'rate-limited']);
    expect(await errorOf(await (await world.page('pia')).say(''))).toEqual([400, 'invalid-argument']);
  });

  it('is told when something cannot be answered', async () => {
    await using full = await openChannelWorld({ agents: { mostSessions: 1 } });
    await full.whatsapp({ id: eventId(), from: '1', text: 'first' });
    await expect.poll(() => full.graph.sent.at(-1)?.text).toBe('heard: first');
    const page = await full.page('sam');
    const following = page.follow((events) => events.length === 2);
    await page.say('second');
    expect((await following).events.at(-1)).toEqual({ type: 'notice', text: 'I cannot answer this (quota-exceeded).' });
    await full.whatsapp({ id: eventId(), from: '2', text: 'third' });
    await expect.poll(() => full.graph.sent.at(-1)?.text).toBe('I cannot answer this (quota-exceeded).');
  });

  it('follows eight times at once and no more, until one of them leaves', async () => {
    const { token } = await world.page('rosa');
    const open = async (): Promise<[number, () => void]> => {
      const leaving = new AbortController();
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${world.url}/v1/chat/default/site/events`, { headers, signal: leaving.signal });
      return [response.status, () => leaving.abort()];
    };
    const opened: [number, () => void][] = [];
    for (let count = 0; count < 9; count++) opened.push(await open());
    expect(opened.map(([status]) => status)).toEqual([...Array(8).fill(200), 429]);
    opened[0]?.[1]();
    await expect.poll(async () => (await open())[0]).toBe(200);
    for (const [, leave] of opened) leave();
  });

  it('gets an answer as it comes, and whole', async () => {
    const goOn: (() => void)[] = [];
    await using one = await openChannelWorld({
      model: knowing(undefined, () => new Promise((resolve) => goOn.push(resolve))),
    });
    const page = await one.page('quin');
    await page.say('hello');
    const begun = await page.follow((events) => events.some(({ type }) => type === 'partial'));
    expect(begun.events.at(-1)).toEqual({ type: 'partial', from: 0, text: 'heard: ' });
    // Another page of the same person comes late, and gets what is there.
    const late = page.follow((events) => answers(events).length === 1);
    goOn.shift()?.();
    await expect.poll(() => goOn.length).toBe(1);
    goOn.shift()?.();
    expect(answers((await late).events)).toEqual(['heard: hello']);
  });
});

it('is forgotten with the person, also what was said from a phone', async () => {
  await using one = await openChannelWorld();
  const page = await one.page('tess');
  await page.say('remember me');
  await page.follow((events) => answers(events).length === 1);
  for (const [text, then] of [
    [await codeOf(page), /YES or NO/],
    ['yes', /^Linked/],
    ['from the phone', /^heard/],
  ] as const) {
    await one.whatsapp({ id: eventId(), from: '49170555', text });
    await expect.poll(() => one.graph.sent.at(-1)?.text).toMatch(then);
  }
  await one.runtime.service().erasePerson({ person: 'tess', cancel: true });
  expect(await (await page.fetch('GET', '/links')).json()).toEqual([]);
  await one.restart();
  const { readFileSync } = await import('node:fs');
  // Nor does what the adapter noted of the number stay.
  const state = readFileSync(`${one.home}/state.db`);
  expect(['from the phone', '49170555'].filter((text) => state.includes(text))).toEqual([]);
  await one.whatsapp({ id: eventId(), from: '49170555', text: 'who am I?' });
  await expect.poll(() => one.graph.sent.at(-1)?.text).toBe('heard: who am I?');
});

it('has no number of anybody in what the daemon says of itself', async () => {
  expect(number).not.toBe('');
  const { items } = await world.runtime.service().journal({ limit: 10_000 });
  expect(items.length).toBeGreaterThan(10);
  expect(JSON.stringify(items)).not.toMatch(/4917\d{8}/);
});
