/** Mails as anybody may write them: whose they are, what they say, and that no bytes are too much. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMail } from './read.ts';
import { headersOf, isFromDomain } from './results.ts';
import { plainOf, spokenOf } from './spoken.ts';

const verifier = 'mx.shop.example';
const place = { address: 'desk@shop.example', verifier };
const pass = `Authentication-Results: ${verifier}; dmarc=pass header.from=home.example`;
const mail = (...head: string[]): Uint8Array => Buffer.from(`${head.join('\r\n')}\r\n\r\nhello\r\n`);
const whole = [pass, 'From: Ada <ada@home.example>', 'To: desk@shop.example', 'Message-ID: <1@home.example>'];
const read = (raw: Uint8Array, bounced = false) => readMail(raw, place, { bounced, nowMs: 1_800_000_000_000 });
const verdict = (...results: string[]): boolean =>
  isFromDomain(
    results.map((value) => ({ name: 'authentication-results', value })),
    verifier,
    'home.example',
  );

describe('whose a mail is', () => {
  it.each([
    ['its mail server says so', [`${verifier}; dmarc=pass header.from=home.example`], true],
    [
      'with a version, comments, quotes and other results',
      [
        `${verifier} 1; spf=fail (a; b) smtp.mailfrom=x; dmarc/1 = pass (p="reject; \\) none") policy.dmarc=none header.from="Home.Example"`,
      ],
      true,
    ],
    [
      'of two results of it both say so',
      [`${verifier}; dkim=pass header.d=home.example`, `${verifier}; dmarc=pass header.from=home.example`],
      true,
    ],
    ['nobody says so', [], false],
    ['somebody else says so', ['mx.evil.example; dmarc=pass header.from=home.example'], false],
    ['one whose name begins alike says so', [`${verifier}.evil.example; dmarc=pass header.from=home.example`], false],
    ['it says so of another domain', [`${verifier}; dmarc=pass header.from=evil.example`], false],
    ['it says so of none', [`${verifier}; dmarc=pass`], false],
    ['it says that it does not', [`${verifier}; dmarc=fail header.from=home.example`], false],
    [
      'it says so, and that it does not',
      [`${verifier}; dmarc=pass header.from=home.example`, `${verifier}; dmarc=fail header.from=home.example`],
      false,
    ],
    ['only something else passed', [`${verifier}; spf=pass smtp.mailfrom=home.example; dkim=pass`], false],
    ['it stands in a comment', [`${verifier}; none (; dmarc=pass header.from=home.example)`], false],
    ['it stands in quotes', [`${verifier}; x=y reason="; dmarc=pass header.from=home.example"`], false],
    ['it is a part of another word', [`${verifier}; xdmarc=pass header.from=home.example`], false],
  ])('is known where %s', (_what, results, expected) => expect(verdict(...results)).toBe(expected));

  it('is one address of one From, in plain letters', async () => {
    const from = async (...lines: string[]): Promise<string> => {
      const mine = await read(mail(pass, ...lines, ...whole.slice(2)));
      return mine.type === 'message' ? mine.message.address : mine.type;
    };
    expect(await from('From: "Eve, <eve@evil.example>" <Ada@Home.Example>')).toBe('ada@home.example');
    expect(await from('From:\r\n Ada\r\n\t<ada@home.example>')).toBe('ada@home.example');
    for (const lines of [
      ['From: ada@home.example, eve@evil.example'],
      ['From: ada@home.example', 'From: eve@evil.example'],
      ['From: some friends: ada@home.example;'],
      ['From: ada@home.example@evil.example'],
      ['From: "ada@home.example" <eve@evil.example>'],
      ['From: ädä@home.example'],
      ['From: '],
      [],
      ['Sender: ada@home.example'],
      [`From: ${'a'.repeat(300)}@home.example`],
    ]) {
      expect([lines, await from(...lines)]).toEqual([lines, 'refused']);
    }
  });
});

describe('a mail', () => {
  it('is a message, with what an answer to it needs', async () => {
    const raw = mail(
      ...whole,
      'Subject: =?utf-8?q?Sch=C3=B6ne_=0D=0ABcc:_x@evil.example?=',
      'References: <a@home.example> <b@shop.example>',
      'In-Reply-To: <b@shop.example>',
      'Date: Mon, 30 Nov 2026 10:00:00 +0100 (CET)',
    );
    expect(await read(raw)).toMatchObject({
      type: 'message',
      message: {
        address: 'ada@home.example',
        thread: 'ada@home.example',
        isPrivate: true,
        text: 'hello',
        sentMs: Date.parse('2026-11-30T09:00:00Z'),
      },
      answerable: {
        subject: 'Schöne Bcc: x@evil.example',
        messageId: '1@home.example',
        references: ['a@home.example', 'b@shop.example'],
      },
    });
  });

  it('is of its thread, and not private, where others are named, or it is not', async () => {
    const threads: string[] = [];
    for (const to of [
      ['To: desk@shop.example, bob@home.example'],
      ['To: desk@shop.example', 'Cc: bob@home.example'],
      ['To: friends: desk@shop.example, bob@home.example;'],
      ['To: undisclosed-recipients:;'],
      [],
    ]) {
      const mine = await read(mail(...whole.filter((line) => !line.startsWith('To:')), ...to, 'References: <root@x>'));
      expect([to, mine.type === 'message' && mine.message.isPrivate]).toEqual([to, false]);
      if (mine.type === 'message') threads.push(mine.message.thread);
    }
    expect(new Set(threads).size).toBe(1);
  });

  it.each([
    ['a bounce', true, []],
    ['a note of absence', false, ['Auto-Submitted: auto-replied']],
    ['one of a list', false, ['List-Id: <all.home.example>']],
    ['one in bulk', false, ['Precedence: bulk']],
  ])('that a program sent is not answered: %s', async (_what, bounced, head) => {
    expect(await read(mail(...whole, ...head), bounced)).toMatchObject({ type: 'ignored' });
  });

  it('of our own is not answered', async () => {
    const own = [`Authentication-Results: ${verifier}; dmarc=pass header.from=shop.example`, 'From: Desk@shop.example'];
    expect(await read(mail(...own, 'To: desk@shop.example'))).toMatchObject({ type: 'ignored' });
  });

  it('of nothing but quotes, or of no text, is refused', async () => {
    const empty = Buffer.from(`${whole.join('\r\n')}\r\n\r\n> quoted\r\n`);
    expect(await read(empty)).toMatchObject({ type: 'refused', why: 'it has no text' });
  });

  it('is read in HTML too, without what only programs read', async () => {
    const html = [
      '<html><head><title>no</title></head><style>p { color: red }</style><!-- no --><script>no()</script>',
      '<p>hello <b>you</b></p><div>1 &lt; 2 &amp;&#32;3&#x2E; &nope;</div>',
      '<blockquote>said before<blockquote>and before</blockquote></blockquote>',
    ].join('\r\n');
    const mine = await read(Buffer.from(`${[...whole, 'Content-Type: text/html'].join('\r\n')}\r\n\r\n${html}\r\n`));
    expect(mine).toMatchObject({ type: 'message', message: { text: 'hello you\n1 < 2 & 3. &nope;' } });
    // Nothing in it takes longer than its length.
    const startedMs = performance.now();
    for (const text of ['<style', '<!--', '<blockquote', '&#', '<'].map((each) => each.repeat(50_000))) plainOf(text);
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  it('has another id than the same id of somebody else, and one of its own without one', async () => {
    const eventOf = async (raw: Uint8Array): Promise<string> => {
      const mine = await read(raw);
      return mine.type === 'message' ? mine.message.event : mine.type;
    };
    const hers = await eventOf(mail(...whole));
    const other = [pass, 'From: bob@home.example', ...whole.slice(2)];
    expect(await eventOf(mail(...whole, 'X-Later: yes'))).toBe(hers);
    expect(await eventOf(mail(...other))).not.toBe(hers);
    const without = whole.slice(0, 3);
    expect(await eventOf(mail(...without))).toBe(await eventOf(mail(...without)));
    expect(await eventOf(mail(...without, 'X-Later: yes'))).not.toBe(await eventOf(mail(...without)));
  });

  it('says when it was sent, however long that takes it', async () => {
    const startedMs = performance.now();
    expect(await read(mail(...whole, `Date: ${'('.repeat(200_000)}`))).toMatchObject({ type: 'message' });
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  it('is read or refused, whatever its bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), async (bytes, isMail) => {
        const raw = isMail ? Buffer.concat([Buffer.from(`${whole.join('\r\n')}\r\n`), bytes]) : bytes;
        const mine = await read(raw);
        expect(['message', 'ignored', 'refused']).toContain(mine.type);
      }),
      { numRuns: 300 },
    );
    const deep = Array.from(
      { length: 200 },
      (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
    );
    const nested = Buffer.from(`${whole.join('\r\n')}\r\n${deep.join('')}x\r\n`);
    expect(await read(nested)).toMatchObject({ type: 'refused' });
    expect(headersOf(Buffer.from(`A: ${'x'.repeat(300_000)}\r\n\r\n`))).toBeNull();
  });
});

describe('what somebody wrote', () => {
  it.each([
    ['dashes', `--- Original ${'-'.repeat(4_000_000)}x`],
    ['many such lines', `--- Original ${'- '.repeat(80)}x\n`.repeat(25_000)],
    ['what introduces nothing', `${'a:\n'.repeat(600_000)}${'>\n'.repeat(1_000_000)}`],
    ['what introduces nothing, again and again', 'a:\n>\n'.repeat(600_000)],
    ['one long line, and quotes', `${'a'.repeat(3_000_000)}:\n${'>\n'.repeat(300_000)}`],
  ])('takes no longer than it is long: %s', (_what, text) => {
    const startedMs = performance.now();
    spokenOf(text);
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  it.each([
    ['one line', 'yes', 'yes'],
    ['over what it answers to', 'yes\n\nOn Mon, 30 Nov 2026, <desk@shop.example>\nwrote:\n> is it?\n>> no', 'yes'],
    ['in German', 'ja\n\nAm Mo., 30. Nov. 2026 um 10:00 schrieb Desk:\n> ist es?', 'ja'],
    ['with a signature', 'yes\n-- \nAda\nHome Ltd', 'yes'],
    [
      'over the head of a mail',
      'yes\n\nFrom: Desk <desk@shop.example>\nSent: Monday\nTo: Ada\nSubject: Re\n\nis it?',
      'yes',
    ],
    ['over a line', 'yes\n________________________________\nFrom: Desk\n\nis it?', 'yes'],
    ['between what it answers to', '> one?\nyes\n> two?\nno', 'yes\nno'],
    ['with a list of its own', 'these 2:\n- one\n- two', 'these 2:\n- one\n- two'],
    ['right over a quote', 'about these 2:\n> one', 'about these 2:'],
    ['with lines of its own', 'a\n\n\n\nb --- c --- d\n', 'a\n\nb --- c --- d'],
  ])('stays: %s', (_what, text, expected) => expect(spokenOf(text.replaceAll('\n', '\r\n'))).toBe(expected));
});
