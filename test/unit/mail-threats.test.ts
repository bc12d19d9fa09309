/** What somebody who means harm tries at a channel that takes mail, over real SMTP; each must get nothing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { channelSchema } from '../../src/schema/index.ts';
import { type ChannelWorld, openChannelWorld } from '../fixtures/channel-world.ts';
import { desk, type MailWorld, openMailWorld, passing, verifier } from '../fixtures/mail-world.ts';

const ada = 'ada@home.example';
const disclosure = 'You are talking to an automated assistant (AI), not to a person.';
let mail: MailWorld;
let world: ChannelWorld;
beforeEach(async () => {
  mail = await openMailWorld();
  world = await openChannelWorld({ configure: (given) => [...given, mail.channel] });
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  await mail[Symbol.asyncDispose]();
});

const sessions = async (): Promise<number> => (await world.runtime.service().listSessions({ all: true })).items.length;
/** After all that was taken before it was answered. */
async function quiet(): Promise<void> {
  const last = 'last@home.example';
  expect(await mail.deliver({ from: last, text: 'last' })).toMatch(/^250 /);
  await expect.poll(() => mail.textsTo(last).at(-1), { timeout: 10_000 }).toMatch(/^heard: .*last$/);
}

it('takes no mail whose sender its mail server does not vouch for', async () => {
  const forged: Partial<Parameters<MailWorld['deliver']>[0]>[] = [
    { results: [] },
    { results: [`mx.evil.example; dmarc=pass header.from=home.example`] },
    { results: [`${verifier}; dmarc=fail header.from=home.example`] },
    { results: [`${verifier}; dmarc=pass header.from=evil.example`] },
    // What the sender wrote below what the mail server says.
    { results: [`${verifier}; dmarc=fail header.from=home.example`, ...passing(ada)] },
    { headers: ['From: eve@evil.example'] },
    { from: `"${ada}" <eve@evil.example>`, results: passing(ada) },
  ];
  for (const each of forged) {
    const answer = await mail.deliver({ from: ada, text: 'what is my order?', ...each });
    expect([each, answer]).toEqual([each, expect.stringMatching(/^550 it (is not shown to come|has not one From)/)]);
  }
  await quiet();
  expect(await sessions()).toBe(1);
  expect(mail.textsTo(ada)).toEqual([]);
});

it('takes mail from nobody but its mail server, for nobody but its address, of no size beyond its bound', async () => {
  const given = { from: ada, text: 'hello' };
  expect(await mail.deliver({ ...given, login: null })).toMatch(/^530 /);
  expect(await mail.deliver({ ...given, login: { user: 'mail', pass: 'guessed' } })).toMatch(/^535 /);
  expect(await mail.deliver({ ...given, login: { user: 'site', pass: 'what-the-mail-server-says' } })).toMatch(/^535 /);
  expect(await mail.deliver({ ...given, envelopeTo: 'boss@shop.example' })).toMatch(/^550 no such address/);
  expect(await mail.deliver({ ...given, text: 'x'.repeat(6 * 1024 * 1024) })).toMatch(/^552 /);
  await quiet();
  expect(await sessions()).toBe(1);
});

it('takes a mail that is brought again once, also after a restart, and one of long ago not at all', async () => {
  const once = { from: ada, text: 'once', messageId: '<same@home.example>' };
  await mail.deliver(once);
  await mail.deliver(once);
  await world.restart();
  expect(await mail.deliver(once)).toMatch(/^250 /);
  // Somebody else's mail does not take its place.
  await mail.deliver({ ...once, from: 'bob@home.example', text: 'mine' });
  expect(await mail.deliver({ from: ada, text: 'old', sentMs: Date.now() - 9 * 86_400_000 })).toMatch(
    /^550 .*long ago/,
  );
  await expect.poll(() => mail.textsTo('bob@home.example').at(-1)).toBe('heard: mine');
  await quiet();
  expect(mail.textsTo(ada)).toEqual([disclosure, 'heard: once']);
});

it('keeps nothing of what is too long or comes too fast, and says so to whoever brings it', async () => {
  const eve = 'eve@evil.example';
  const results = [`${verifier}; dmarc=pass header.from=evil.example`];
  expect(await mail.deliver({ from: eve, results, text: 'far too long '.repeat(2000) })).toMatch(
    /^552 .*at most 16384/,
  );
  const answers: string[] = [];
  for (let sent = 0; sent < 40; sent++)
    answers.push(await mail.deliver({ from: eve, results, text: `flood number ${sent} of many` }));
  const [taken, later] = [/^250 /, /^451 .*faster/].map((how) => answers.filter((answer) => how.test(answer)).length);
  expect([taken, later]).toEqual([expect.any(Number), 40 - (taken ?? 0)]);
  expect(later).toBeGreaterThan(10);
  // Nobody else waits for it.
  await quiet();
  const files = readdirSync(world.home).filter((name) => name.startsWith('state.db'));
  const stored = files.map((name) => readFileSync(join(world.home, name), 'latin1')).join('');
  expect(stored).toContain('flood number 0 of many');
  expect(stored).not.toContain('far too long');
  answers.forEach((answer, at) => {
    if (!answer.startsWith('250')) expect(stored).not.toContain(`flood number ${at} of many`);
  });
});

it('answers nothing that a program sent, and so never one that answers it', async () => {
  await mail.deliver({ from: ada, text: 'I am away', headers: ['Auto-Submitted: auto-replied'] });
  await mail.deliver({ from: 'mailer-daemon@home.example', text: 'not delivered', envelopeFrom: '' });
  await mail.deliver({ from: ada, text: 'news', headers: ['List-Id: <news.home.example>'] });
  await quiet();
  expect(await sessions()).toBe(1);
  expect(mail.taken.filter(({ to }) => to !== 'last@home.example')).toEqual([]);
  expect(mail.taken.at(-1)?.headers.get('auto-submitted')).toBe('auto-replied');
});

it('keeps a mail that several read apart from what is private, and answers its sender alone', async () => {
  const page = await world.page('ada');
  const codeOf = async (): Promise<string> =>
    ((await (await page.fetch('POST', '/link', { agree: true })).json()) as { code: string }).code;
  await mail.deliver({ from: ada, text: await codeOf() });
  await expect.poll(() => mail.textsTo(ada).at(-1)).toMatch(/YES or NO/);
  await mail.deliver({ from: ada, text: 'yes' });
  await expect.poll(() => mail.textsTo(ada).at(-1)).toMatch(/^Linked/);
  await mail.deliver({ from: ada, text: 'my secret is blue' });
  await expect.poll(() => mail.textsTo(ada).at(-1)).toBe('heard: my secret is blue');
  const shared = { cc: 'bob@home.example', messageId: '<root@home.example>' };
  await mail.deliver({ from: ada, text: 'what is my secret?', ...shared });
  await expect.poll(() => mail.textsTo(ada).at(-1)).toBe('heard: what is my secret?');
  await mail.deliver({
    from: 'bob@home.example',
    text: 'tell me too',
    cc: ada,
    headers: ['References: <root@home.example>'],
  });
  await expect.poll(() => mail.textsTo('bob@home.example').at(-1)).toBe('heard: what is my secret? | tell me too');
  await mail.deliver({ from: 'bob@home.example', text: await codeOf(), cc: 'eve@home.example' });
  await expect.poll(() => mail.textsTo('bob@home.example').at(-1)).toMatch(/used up/);
  expect(new Set(mail.taken.map(({ to }) => to))).toEqual(new Set([ada, 'bob@home.example']));
});

it('sends no head that a sender made up', async () => {
  await mail.deliver({
    from: ada,
    text: 'hello',
    subject: '=?utf-8?q?Hi=0D=0ABcc:_eve@evil.example=0D=0A=0D=0Abody?=',
    headers: ['Reply-To: eve@evil.example', 'Return-Path: <eve@evil.example>'],
  });
  await expect.poll(() => mail.textsTo(ada).length).toBe(2);
  for (const { to, subject, headers } of mail.taken) {
    expect({ to, subject, bcc: headers.has('bcc') }).toEqual({
      to: ada,
      subject: 'Re: Hi Bcc: eve@evil.example body',
      bcc: false,
    });
  }
});

it('sends an answer again that its relay did not take, as the same mail, and says so where it never will', async () => {
  mail.refusals.push({ code: 451, text: 'later' });
  await mail.deliver({ from: ada, text: 'hello' });
  await expect.poll(() => mail.textsTo(ada), { timeout: 15_000 }).toEqual([disclosure, 'heard: hello']);
  mail.refusals.push({ code: 550, text: 'no such mailbox' });
  await mail.deliver({ from: ada, text: 'again' });
  const told = async () =>
    (await world.runtime.service().journal({ limit: 1000 })).items.filter(
      ({ type }) => type === 'channel-message-not-sent',
    );
  await expect.poll(async () => (await told()).length, { timeout: 10_000 }).toBe(1);
  const [entry] = await told();
  expect(entry?.body).toMatchObject({ channel: 'mail', state: 'refused', why: expect.stringContaining('550') });
  expect(JSON.stringify(entry)).not.toContain(ada);
});

it('keeps an answer whose relay refuses the login, and sends it when the password is right again', async () => {
  await mail.deliver({ from: ada, text: 'hello' });
  await expect.poll(() => mail.textsTo(ada).length).toBe(2);
  mail.relayPassword = 'another one';
  await mail.deliver({ from: ada, text: 'still there?' });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await world.runtime.service().putSecret('mail-out', Buffer.from('another one'));
  await expect.poll(() => mail.textsTo(ada).at(-1), { timeout: 20_000 }).toMatch(/still there/);
});

it('leaves nothing of an address when its person is erased', async () => {
  await mail.deliver({ from: ada, text: 'hello', subject: 'a walrus' });
  await expect.poll(() => mail.textsTo(ada).length).toBe(2);
  const [session] = (await world.runtime.service().listSessions({ all: true })).items;
  await world.runtime.service().erasePerson({ person: session?.person ?? '', cancel: true });
  const files = readdirSync(world.home).filter((name) => name.startsWith('state.db'));
  expect(files.length).toBeGreaterThan(0);
  for (const name of files) {
    const text = existsSync(join(world.home, name)) ? readFileSync(join(world.home, name), 'latin1') : '';
    expect([name, text.includes(ada), text.includes('walrus')]).toEqual([name, false, false]);
  }
});

it('is refused where its port is taken, shared, or a password stands in its relay', async () => {
  const parse = (more: object): boolean => channelSchema.safeParse({ ...mail.channel, ...more }).success;
  expect(parse({})).toBe(true);
  expect(parse({ relay: 'smtp://desk:secret@relay.example' })).toBe(false);
  expect(parse({ relay: 'smtp://relay.example' })).toBe(false);
  expect(parse({ secrets: { inboundPassword: 'mail-in' } })).toBe(false);
  expect(parse({ relay: 'http://desk@relay.example' })).toBe(false);
  expect(parse({ address: 'desk' })).toBe(false);
  const twice = { configure: () => [mail.channel, { ...mail.channel, name: 'second' }] };
  await expect(openChannelWorld(twice)).rejects.toMatchObject({ code: 'invalid-argument' });
  await expect(openChannelWorld({ configure: () => [mail.channel] })).rejects.toMatchObject({ code: 'in-use' });
  expect((await world.post('/channels/default/mail/webhook', '{}')).status).toBe(404);
});

it('takes a mail later where it cannot be written down now', async () => {
  await world.runtime.close();
  // The door is closed with it: whoever brings mail is told to come again.
  expect(await mail.deliver({ from: ada, text: 'hello' })).toMatch(/ECONNREFUSED/);
  await world.restart();
  expect(await mail.deliver({ from: ada, text: 'hello', to: desk })).toMatch(/^250 /);
  await expect.poll(() => mail.textsTo(ada).length).toBe(2);
});
