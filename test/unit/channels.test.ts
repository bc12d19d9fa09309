/** One conversation over several channels: acceptance test 6 of the harness, on real HTTP. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatEvent } from '../../src/schema/index.ts';
import { type ChannelWorld, knowing, openChannelWorld } from '../fixtures/channel-world.ts';

const ada = '491700000001';
const stranger = '491700000666';
const disclosure = 'You are talking to an automated assistant (AI), not to a person.';
const textsTo = ({ graph }: ChannelWorld, to: string): string[] =>
  graph.sent.flatMap((sent) => (sent.to === to ? [sent.text] : []));
const answers = (events: readonly ChatEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'message' && event.role === 'assistant' ? [event.text] : []));

describe('one conversation', () => {
  let world: ChannelWorld;
  beforeAll(async () => {
    world = await openChannelWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('goes from a page to a phone by a code and two times yes, and ends there with one word', async () => {
    const page = await world.page('ada');
    expect((await page.say('my order is ZX-99')).status).toBe(200);
    const first = await page.follow((events) => answers(events).length === 1);
    expect(first.events[0]).toEqual({ type: 'notice', text: disclosure });
    expect(answers(first.events)).toEqual(['heard: my order is ZX-99']);

    // A phone that nobody vouches for has a conversation of its own.
    await world.whatsapp({ id: 'w1', from: ada, text: 'what is my order?' });
    await expect.poll(() => textsTo(world, ada)).toEqual([disclosure, 'heard: what is my order?']);

    const { code } = (await (await page.fetch('POST', '/link', { agree: true })).json()) as { code: string };
    await world.whatsapp({ id: 'w2', from: ada, text: code.toLowerCase() });
    await expect.poll(() => textsTo(world, ada).at(-1)).toMatch(/known on site as "ada".*Answer YES or NO/);
    // Nothing is shared before the answer.
    await world.whatsapp({ id: 'w3', from: ada, text: 'and now?' });
    await expect.poll(() => textsTo(world, ada).at(-1)).toBe('heard: what is my order? | and now?');
    const told = page.follow((events) => JSON.stringify(events).includes('was linked to you'), first.place ?? '');
    await expect.poll(async () => (await page.fetch('GET', '/links')).status).toBe(200);
    await world.whatsapp({ id: 'w4', from: ada, text: 'Yes' });
    await expect.poll(() => textsTo(world, ada).at(-1)).toMatch(/^Linked/);
    expect((await told).events.at(-1)).toMatchObject({
      type: 'notice',
      text: expect.stringContaining('49…01 on phone'),
    });

    await world.whatsapp({ id: 'w5', from: ada, text: 'so what is it?' });
    await expect.poll(() => textsTo(world, ada).at(-1)).toBe('heard: my order is ZX-99 | so what is it?');
    const second = await page.follow((events) => answers(events).length === 1, first.place ?? '');
    expect(second.events.filter(({ type }) => type === 'message')).toMatchObject([
      { role: 'user', text: 'so what is it?', channel: 'phone' },
      { role: 'assistant', text: 'heard: my order is ZX-99 | so what is it?' },
    ]);
    expect(await (await page.fetch('GET', '/links')).json()).toMatchObject([{ channel: 'phone', address: '49…01' }]);

    await world.whatsapp({ id: 'w6', from: ada, text: '!unlink' });
    await expect.poll(() => textsTo(world, ada).at(-1)).toBe('This address is linked to nobody any more.');
    await world.whatsapp({ id: 'w7', from: ada, text: 'what was it?' });
    await expect.poll(() => textsTo(world, ada).at(-1)).toBe('heard: what is my order? | and now? | what was it?');
    expect(await (await page.fetch('GET', '/links')).json()).toEqual([]);
  });

  it('tells a stranger nothing', async () => {
    const page = await world.page('ada');
    const { code } = (await (await page.fetch('POST', '/link', { agree: true })).json()) as { code: string };
    const before = world.graph.sent.length;
    await world.whatsapp({ id: 's1', from: stranger, text: 'what is the order of ada?' });
    await expect.poll(() => textsTo(world, stranger).at(-1)).toBe('heard: what is the order of ada?');
    for (const [index, text] of [
      'YES',
      '!unlink',
      '!approve ses-1.1',
      `${code.slice(0, -1)}${code.endsWith('2') ? '3' : '2'}`,
    ].entries()) {
      await world.whatsapp({ id: `s2${index}`, from: stranger, text });
    }
    await expect.poll(() => textsTo(world, stranger).length).toBe(6);
    expect(JSON.stringify(world.graph.sent.slice(before))).not.toMatch(/ZX-99|so what is it/);
    // The code was not used up by a guess at it.
    await world.whatsapp({ id: 's3', from: ada, text: code });
    await expect.poll(() => textsTo(world, ada).at(-1)).toMatch(/Answer YES or NO/);
    await world.whatsapp({ id: 's4', from: ada, text: 'no' });
    await expect.poll(() => textsTo(world, ada).at(-1)).toBe('Nothing was linked.');
  });

  it('has its links and their ends in the journal, and no number there', async () => {
    const { items } = await world.runtime.service().journal({ limit: 10_000 });
    const told = items.filter(({ type }) => type.startsWith('channel-'));
    expect(told.map(({ type }) => type)).toEqual([
      'channel-code-issued',
      'channel-linked',
      'channel-unlinked',
      'channel-code-issued',
      'channel-code-refused',
    ]);
    expect(told[1]?.body).toMatchObject({
      channel: 'phone',
      person: expect.stringMatching(/^person\.[0-9a-f]{24}$/),
      from: 'site',
    });
    expect(told[2]?.body['person']).toBe(told[1]?.body['person']);
    expect(JSON.stringify(items)).not.toMatch(new RegExp(`${ada}|${stranger}`));
  });

  it('has them in the audit log, about the person: exported with the rest, and gone with the person', async () => {
    const service = world.runtime.service();
    const linked = async () => (await service.auditEntries({ kind: 'channel-linked' })).items;
    const { items } = await service.auditEntries({ person: 'ada', limit: 1000 });
    expect(items.map(({ kind }) => kind).filter((kind) => kind.startsWith('channel-'))).toEqual([
      'channel-code-issued',
      'channel-linked',
      'channel-unlinked',
      'channel-code-issued',
    ]);
    expect((await service.auditEntries({ kind: 'channel-code-refused' })).items).toMatchObject([
      { decision: 'denied' },
    ]);
    expect(await linked()).toMatchObject([
      { decision: 'allowed', body: { channel: 'phone', address: ada, from: 'site' } },
    ]);
    const pieces: Uint8Array[] = [];
    for await (const piece of await service.exportAudit({ person: 'ada' })) pieces.push(piece);
    const exported = Buffer.concat(pieces).toString();
    expect(exported).toContain('"channel-linked"');
    expect(exported).toContain(ada);
    await service.erasePerson({ person: 'ada', cancel: true });
    expect(await linked()).toMatchObject([{ decision: 'allowed', erased: true, body: null }]);
    expect((await service.verifyAudit()).ok).toBe(true);
  });
});

describe('messages at once', () => {
  it('are all answered, one by one and in order, each where it came from, though the daemon ends meanwhile', async () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    let asked = 0;
    await using world = await openChannelWorld({
      model: knowing(async (text) => {
        asked++;
        if (text === 'one') await opened;
      }),
    });
    const startedMs = performance.now();
    const sent = ['one', 'two', 'three'].map((text, index) => world.whatsapp({ id: `w${index}`, from: ada, text }));
    for (const response of await Promise.all(sent)) expect(response.status).toBe(200);
    // The service hears at once, whatever the agent does.
    expect(performance.now() - startedMs).toBeLessThan(3000);
    await expect.poll(() => asked).toBe(1);
    await expect.poll(() => textsTo(world, ada)).toEqual([disclosure]);
    await world.restart();
    // Meta repeats what it is not sure of.
    expect((await world.whatsapp({ id: 'w1', from: ada, text: 'two' })).status).toBe(200);
    await expect.poll(() => asked).toBe(2);
    open();
    await expect
      .poll(() => textsTo(world, ada), { timeout: 10_000 })
      .toEqual([disclosure, 'heard: one', 'heard: one | two', 'heard: one | two | three']);
    await world.restart();
    await world.whatsapp({ id: 'w0', from: ada, text: 'one' });
    await world.whatsapp({ id: 'w9', from: ada, text: 'last' });
    await expect.poll(() => textsTo(world, ada).at(-1), { timeout: 10_000 }).toBe('heard: one | two | three | last');
    expect(textsTo(world, ada).length).toBe(5);
  });
});
