/** Acceptance test 6: one conversation over a page, a phone and mail, each over its own real wire. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../src/schema/index.ts';
import { type ChannelWorld, knowing, openChannelWorld, type Page } from '../fixtures/channel-world.ts';
import { type MailWorld, openMailWorld } from '../fixtures/mail-world.ts';

const phone = '491700000001';
const ada = 'ada@home.example';
const stranger = { phone: '491700000666', mail: 'eve@elsewhere.example' };
const answers = (events: readonly ChatEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'message' && event.role === 'assistant' ? [event.text] : []));

let mail: MailWorld;
let world: ChannelWorld;
let page: Page;
let open = (): void => undefined;
let opened = Promise.resolve();

beforeAll(async () => {
  mail = await openMailWorld();
  world = await openChannelWorld({
    configure: (given) => [...given, mail.channel],
    model: knowing(async (text) => {
      if (text === 'slowly') await opened;
    }),
  });
  page = await world.page('ada');
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await mail[Symbol.asyncDispose]();
});

const phoned = (to = phone): string[] => world.graph.sent.flatMap((sent) => (sent.to === to ? [sent.text] : []));
const codeOf = async (): Promise<string> =>
  ((await (await page.fetch('POST', '/link', { agree: true })).json()) as { code: string }).code;
const hers = async () =>
  (await world.runtime.service().listSessions({ all: true })).items.filter(({ person }) => person === 'ada');

let messages = 0;
const call = (text: string, from = phone): Promise<Response> => world.whatsapp({ id: `c${++messages}`, from, text });

describe('acceptance test 6: a conversation of one person', () => {
  it('goes from a page to a phone and on to mail, as one session', async () => {
    await page.say('my order is ZX-99');
    await page.follow((events) => answers(events).length === 1);
    await call(await codeOf());
    await expect.poll(() => phoned().at(-1)).toMatch(/YES or NO/);
    await call('yes');
    await expect.poll(() => phoned().at(-1)).toMatch(/^Linked/);
    await call('by phone');
    await expect.poll(() => phoned().at(-1)).toBe('heard: my order is ZX-99 | by phone');

    // Before it is linked, an address has a conversation of its own, and is told first that no person answers.
    expect(await mail.deliver({ from: `Ada <${ada}>`, text: 'what is my order?' })).toMatch(/^250 /);
    await expect.poll(() => mail.textsTo(ada).length).toBe(2);
    expect(mail.textsTo(ada)).toEqual([
      'You are talking to an automated assistant (AI), not to a person.',
      'heard: what is my order?',
    ]);
    await mail.deliver({ from: ada, text: `${await codeOf()}\n\nSent from my phone` });
    await expect.poll(() => mail.textsTo(ada).at(-1)).toMatch(/known on site as "ada".*Answer YES or NO/);
    const asked = mail.taken.at(-1);
    await mail.deliver({
      from: ada,
      text: `Yes\n-- \nAda\n\nOn Mon, 30 Nov 2026 at 10:00, <desk@shop.example>\nwrote:\n> ${asked?.text}`,
      headers: [`In-Reply-To: ${asked?.headers.get('message-id')}`],
    });
    await expect.poll(() => mail.textsTo(ada).at(-1)).toMatch(/^Linked/);

    await mail.deliver({
      from: ada,
      text: 'and by mail\n\nOn Mon, 30 Nov 2026 Desk <desk@shop.example> wrote:\n> heard: something\n> else',
      subject: 'Re: My order',
      messageId: '<third@home.example>',
    });
    await expect.poll(() => mail.textsTo(ada).at(-1)).toBe('heard: my order is ZX-99 | by phone | and by mail');
    expect(mail.taken.at(-1)).toMatchObject({ to: ada, from: 'desk@shop.example', subject: 'Re: My order' });
    expect(mail.taken.at(-1)?.headers.get('in-reply-to')).toBe('<third@home.example>');
    expect(mail.taken.at(-1)?.headers.get('auto-submitted')).toBe('auto-replied');

    const [session, ...more] = await hers();
    expect(more).toEqual([]);
    const ways: unknown[] = [];
    for await (const { kind, data } of world.runtime.service().sessionEntries(session?.id ?? '', { follow: false })) {
      const via: unknown = kind === 'started' ? data['via'] : Reflect.get(Object(data['data']), 'via');
      if (via) ways.push(Reflect.get(Object(via), 'channel'));
    }
    expect(ways).toEqual(['site', 'phone', 'mail']);
    expect((await (await page.fetch('GET', '/links')).json()) as unknown).toMatchObject([
      { channel: 'mail' },
      { channel: 'phone' },
    ]);
  });

  it('has two messages at once both answered, each where it came from', async () => {
    opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const before = { mail: mail.taken.length, phone: phoned().length };
    const taken = await Promise.all([call('slowly'), mail.deliver({ from: ada, text: 'quickly' })]);
    expect([taken[0].status, taken[1].slice(0, 3)]).toEqual([200, '250']);
    open();
    await expect.poll(() => phoned().length, { timeout: 10_000 }).toBe(before.phone + 1);
    await expect.poll(() => mail.taken.length, { timeout: 10_000 }).toBe(before.mail + 1);
    const [one, other] = [phoned().at(-1) ?? '', mail.textsTo(ada).at(-1) ?? ''].toSorted(
      (left, right) => left.length - right.length,
    );
    expect(one).toMatch(/ \| (slowly|quickly)$/);
    expect(other?.startsWith(`${one} | `)).toBe(true);
    expect(await hers()).toHaveLength(1);
  });

  it('is unlinked from mail by a word, and goes on everywhere else', async () => {
    await mail.deliver({ from: ada, text: '!unlink' });
    await expect.poll(() => mail.textsTo(ada).at(-1)).toBe('This address is linked to nobody any more.');
    await mail.deliver({ from: ada, text: 'what was it?' });
    await expect.poll(() => mail.textsTo(ada).at(-1)).toBe('heard: what is my order? | what was it?');
    await call('still here?');
    await expect.poll(() => phoned().at(-1)).toMatch(/^heard: my order is ZX-99 .*\| still here\?$/);
    expect(await hers()).toHaveLength(1);
  });

  it('tells a stranger’s phone and mail nothing', async () => {
    const code = await codeOf();
    const guess = `${code.slice(0, -1)}${code.endsWith('2') ? '3' : '2'}`;
    for (const text of ['what is the order of ada?', 'YES', '!unlink', '!approve ses-1.1', guess]) {
      await call(text, stranger.phone);
      expect(await mail.deliver({ from: stranger.mail, text })).toMatch(/^250 /);
    }
    await expect.poll(() => phoned(stranger.phone).length, { timeout: 10_000 }).toBe(6);
    await expect.poll(() => mail.textsTo(stranger.mail).length, { timeout: 10_000 }).toBe(6);
    expect(JSON.stringify([phoned(stranger.phone), mail.textsTo(stranger.mail)])).not.toMatch(/ZX-99|by phone/);
    expect(await hers()).toHaveLength(1);
  });
});
