import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditHome, auditHome, toolCall } from '../../test/fixtures/audit-world.ts';
import { TestClock } from '../../test/fixtures/test-clock.ts';
import { checkExport, evidenceOf, exportLines, listEntries, retentionOf, tendRetention, timeline } from './index.ts';

const day = 86_400_000;
const fixedRandom = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(7);

let home: AuditHome;
beforeEach(() => {
  home = auditHome();
});
afterEach(() => home.remove());

async function collected(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line.trimEnd());
  return all;
}
async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

describe('the audit log', () => {
  it('has nothing of what was said in the clear, and gives it back with pseudonyms', async () => {
    const audit = await home.open();
    for (let n = 1; n <= 3; n++) expect(audit.append(toolCall(n, { actor: n === 3 ? 'milo' : null }))).toBe(n);
    await audit.durable();
    expect(home.bytes()).not.toMatch(/secret|\bada\b|milo/);
    const { items } = await listEntries(audit, 'acme', {});
    expect(items.map(({ body }) => body)).toEqual([1, 2, 3].map((n) => ({ n, said: `secret of ada ${n}` })));
    expect(new Set(items.map(({ person }) => person)).size).toBe(1);
    expect(items.map(({ actor }) => actor)).toEqual([null, null, expect.stringMatching(/^[0-9a-f]{16}$/)]);
    expect((await listEntries(audit, 'acme', { person: 'milo' })).items.map(({ sequence }) => sequence)).toEqual([3]);
    expect((await listEntries(audit, 'acme', { person: 'nobody' })).items).toEqual([]);
    expect((await listEntries(audit, 'other', {})).items).toEqual([]);
    const page = await listEntries(audit, 'acme', { limit: 2 });
    expect(page.nextCursor).toBe('2');
    for (const file of readdirSync(home.places.keys)) {
      expect(statSync(join(home.places.keys, file)).mode & 0o777, file).toBe(0o600);
    }
  });

  it('goes on over restarts, with the same keys and the same tree', async () => {
    const first = await home.open();
    first.append(toolCall(1));
    await home.closeAll();
    const second = await home.open();
    expect(second.failure).toBeNull();
    expect(second.append(toolCall(2))).toBe(2);
    const { items } = await listEntries(second, 'acme', {});
    expect(items[0]?.person).toBe(items[1]?.person);
    expect(await second.verify()).toMatchObject({ ok: true, entries: 2, checkpoints: { compared: 2, uncovered: 1 } });
  });

  it('has a format that stays', async () => {
    const clock = new TestClock();
    const audit = await home.open({ clock, random: fixedRandom });
    audit.append(toolCall(1));
    const [line = ''] = home.lines();
    const entry = JSON.parse(line) as { hash: string };
    expect(Object.keys(entry)).toEqual([
      ...['actor', 'agent', 'at', 'body', 'content', 'decision', 'hash', 'kind', 'manifest', 'model', 'person'],
      ...['position', 'previousHash', 'sequence', 'session', 'tenant', 'version'],
    ]);
    expect(entry.hash).toBe('fe0b396bc652085ea349a1cef580b5cffda082f68f7789fd2abd3cfd01e907bf');
  });

  it('keeps how long a body was that does not fit, and its beginning', async () => {
    const audit = await home.open();
    audit.append(toolCall(1, { body: { text: '\u{1f600}"'.repeat(300_000) } }));
    const { items } = await listEntries(audit, 'acme', {});
    expect(items[0]?.body).toMatchObject({ cut: true, bytes: 1_800_011, begin: expect.stringContaining('{"text":') });
    expect((await audit.verify()).ok).toBe(true);
  });
});

describe('verification', () => {
  const write = async (count = 6): Promise<void> => {
    const audit = await home.open();
    for (let n = 1; n <= count; n++) audit.append(toolCall(n));
    await home.closeAll();
  };
  const problems = async (): Promise<unknown[]> => (await (await home.open()).verify()).problems;

  it('finds a flipped bit, a dropped, doubled or swapped entry and a cut end by their number (1)', async () => {
    await write();
    const whole = home.lines();
    const [a = '', b = '', c = '', d = '', e = '', f = ''] = whole;
    const flipped = b.replace(
      /"body":"1\.([0-9a-f]{16})\.(.)/,
      (_, id, first) => `"body":"1.${id}.${first === 'A' ? 'B' : 'A'}`,
    );
    expect(flipped).not.toBe(b);
    for (const [lines, sequence] of [
      [[a, flipped, c, d, e, f], 2],
      [[a, b.replace('"decision":"allowed"', '"decision":"denied"'), c, d, e, f], 2],
      [[a, b, d, e, f], 3],
      [[a, b, c, c, d, e, f], 4],
      [[a, b, d, c, e, f], 3],
      [[a, b, c, d, e], 6],
      [[], 1],
    ] as const) {
      home.setLines(lines);
      expect((await problems())[0], String(sequence)).toMatchObject({ sequence, reason: expect.any(String) });
      await home.closeAll();
    }
    home.setLines(whole);
    expect(await problems()).toEqual([]);
  });

  it('finds a log that was written anew as a whole, by what the second place has (2)', async () => {
    await write();
    const checkpoints = home.places.checkpoints;
    const away = `${checkpoints}-away`;
    renameSync(checkpoints, away);
    for (const name of readdirSync(home.places.directory)) rmSync(join(home.places.directory, name));
    rmSync(join(home.places.keys, 'people.keys'));
    const forged = await home.open();
    for (let n = 1; n <= 6; n++) forged.append(toolCall(n, { decision: 'denied' }));
    expect((await forged.verify()).ok).toBe(true);
    await home.closeAll();
    // Who rewrites the log has no way to the second place: there stands what it was.
    rmSync(checkpoints, { recursive: true });
    renameSync(away, checkpoints);
    const report = await (await home.open()).verify();
    expect(report.ok).toBe(false);
    expect(report.problems.map(({ reason }) => reason).join()).toMatch(/not the one that was signed/);
  });

  it('takes no checkpoint that our key did not sign, and compares those that are brought along', async () => {
    await write();
    const [name = ''] = readdirSync(home.places.checkpoints);
    const path = join(home.places.checkpoints, name);
    const note = readFileSync(path, 'utf8');
    const audit = await home.open();
    expect((await audit.verify([note])).checkpoints.compared).toBe(3);
    const other = auditHome();
    const theirs = await other.open();
    theirs.append(toolCall(1));
    const { checkpoint } = await theirs.checkpoint();
    await other.remove();
    for (const forged of [checkpoint, note.replace('\n6\n', '\n5\n'), note.replace('— ', '- '), 'x']) {
      const report = await audit.verify([forged]);
      expect(report.problems.map(({ reason }) => reason).join(), forged).toMatch(/none of ours/);
    }
    rmSync(path);
    expect((await audit.verify()).problems.map(({ reason }) => reason).join()).toMatch(/second place lacks/);
  });

  it('says that a second place beside the log is worth less', async () => {
    await write();
    expect((await (await home.open()).verify()).checkpoints.notice).toMatch(/Choose a place elsewhere/);
  });
});

describe('a second place behind an address', () => {
  it('gets every checkpoint by POST, is tried again, and is compared with what was brought along', async () => {
    const notes: string[] = [];
    let status = 500;
    const receiver = createServer((request, response) => {
      let note = '';
      request.on('data', (piece) => {
        note += piece;
      });
      request.on('end', () => {
        if (status === 201) notes.push(note);
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port } = receiver.address() as AddressInfo;
    const places = { ...home.places, checkpoints: `http://127.0.0.1:${port}/checkpoints` };
    const clock = new TestClock();
    const audit = await home.open({ places, clock });
    audit.append(toolCall(1));
    // The log goes on without it.
    await expect(audit.checkpoint()).rejects.toMatchObject({ code: 'network-unreachable' });
    expect(audit.append(toolCall(2))).toBe(2);
    status = 201;
    clock.advance(60_000);
    await expect.poll(() => notes.length, { timeout: 10_000 }).toBe(1);
    expect(await audit.verify(notes)).toMatchObject({
      ok: true,
      checkpoints: { place: places.checkpoints, newest: { size: 2 }, uncovered: 0, notice: null },
    });
    await home.closeAll();
    receiver.close();
    expect(notes).toHaveLength(1);
  });
});

describe('a log that is lost or cut short', () => {
  it('is never begun anew, and takes no entry (3)', async () => {
    const first = await home.open();
    for (let n = 1; n <= 3; n++) first.append(toolCall(n));
    await home.closeAll();
    const whole = home.lines();
    home.setLines(whole.slice(0, 2));
    const cut = await home.open();
    expect(cut.failure).toMatchObject({
      code: 'audit-corrupt',
      message: expect.stringMatching(/ends at 2, and had 3/),
    });
    expect(() => cut.append(toolCall(4))).toThrow(expect.objectContaining({ code: 'audit-unavailable' }));
    await home.closeAll();
    const directory = home.places.directory;
    renameSync(directory, `${directory}-away`);
    const gone = await home.open();
    expect(gone.failure).toMatchObject({
      code: 'audit-corrupt',
      message: expect.stringMatching(/although it was begun/),
    });
    await home.closeAll();
    expect(existsSync(directory)).toBe(false);
  });

  it('refuses a head that was not signed', async () => {
    const first = await home.open();
    first.append(toolCall(1));
    await home.closeAll();
    const head = join(home.places.directory, 'head.json');
    writeFileSync(head, readFileSync(head, 'utf8').replace('"size":1', '"size":2'));
    expect((await home.open()).failure).toMatchObject({ code: 'audit-corrupt' });
  });
});

describe('a log that is down', () => {
  it('refuses every append and every wait, says so, and goes on by itself where it ended (2)', async () => {
    const told: string[] = [];
    const audit = await home.open({ onChange: (state) => told.push(state) });
    audit.append(toolCall(1));
    await audit.durable();
    renameSync(home.places.directory, `${home.places.directory}-away`);
    await expect(audit.durable()).resolves.toBeUndefined();
    const unavailable = expect.objectContaining({ code: 'audit-unavailable', retryable: true });
    expect(() => audit.append(toolCall(2))).toThrow(unavailable);
    await expect(audit.durable()).rejects.toEqual(unavailable);
    expect(() => audit.append(toolCall(3))).toThrow(expect.objectContaining({ code: 'audit-unavailable' }));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(existsSync(home.places.directory)).toBe(false);
    renameSync(`${home.places.directory}-away`, home.places.directory);
    await expect.poll(() => audit.failure, { timeout: 10_000 }).toBeNull();
    expect(told).toEqual(['down', 'up']);
    expect(audit.append(toolCall(2))).toBe(2);
    await audit.durable();
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 2 });
  });
});

describe('an erased person', () => {
  it('is unreadable for good, and nobody else is; the log still verifies', async () => {
    const audit = await home.open();
    for (let n = 1; n <= 3; n++) audit.append(toolCall(n));
    audit.append(toolCall(4, { person: 'milo', body: { said: 'of milo' } }));
    const before = home.bytes();
    const pseudonym = audit.open.ring.pseudonymOf('acme', 'ada');
    expect(audit.open.ring.destroy('acme', 'ada')).toBe(pseudonym);
    expect(audit.open.ring.destroy('acme', 'ada')).toBeNull();
    for (const open of [async () => audit, reopened]) {
      const opened = await open();
      const { items } = await listEntries(opened, 'acme', {});
      expect(items.map(({ erased, body }) => [erased, body])).toEqual([
        ...[1, 2, 3].map(() => [true, null]),
        [false, { said: 'of milo' }],
      ]);
      expect(await opened.verify()).toMatchObject({ ok: true, entries: 4 });
    }
    // A copy of the sealed keys from before opens with no key that is left.
    const [people = ''] = before.split('\n').filter((line) => line.startsWith('1.') && !line.includes('{'));
    writeFileSync(join(home.places.keys, 'people.keys'), `${people}\n`);
    expect((await reopened()).failure).toMatchObject({ message: expect.stringMatching(/another key/) });
  });

  async function reopened(): Promise<Awaited<ReturnType<AuditHome['open']>>> {
    await home.closeAll();
    return home.open();
  }

  it('is gone or there, wherever a crash comes while the keys change (2)', async () => {
    const audit = await home.open();
    audit.append(toolCall(1));
    audit.append(toolCall(2, { person: 'milo' }));
    await home.closeAll();
    const { keys } = home.places;
    const before = Object.fromEntries(readdirSync(keys).map((name) => [name, readFileSync(join(keys, name))]));
    const again = await home.open();
    again.open.ring.destroy('acme', 'ada');
    await home.closeAll();
    const after = Object.fromEntries(readdirSync(keys).map((name) => [name, readFileSync(join(keys, name))]));
    const put = (files: Record<string, Buffer | undefined>): void => {
      for (const name of readdirSync(keys)) rmSync(join(keys, name));
      for (const [name, bytes] of Object.entries({ 'checkpoint.key': before['checkpoint.key'], ...files })) {
        if (bytes) writeFileSync(join(keys, name), bytes, { mode: 0o600 });
      }
    };
    const [master, people] = ['master.key', 'people.keys'] as const;
    const readable = async (): Promise<boolean[]> => {
      const opened = await home.open();
      const { items } = await listEntries(opened, 'acme', {});
      await home.closeAll();
      return items.map(({ erased }) => !erased);
    };
    put({ [master]: before[master], [people]: before[people], 'master.key.next': after[master] });
    expect(await readable()).toEqual([true, true]);
    put({
      [master]: before[master],
      [people]: before[people],
      'master.key.next': after[master],
      'people.keys.next': after[people],
    });
    expect(await readable()).toEqual([true, true]);
    put({ [master]: before[master], [people]: after[people], 'master.key.next': after[master] });
    expect(await readable()).toEqual([false, true]);
    put({ [master]: Buffer.alloc(32), [people]: after[people], 'master.key.next': after[master] });
    expect(await readable()).toEqual([false, true]);
    put({ [people]: after[people] });
    expect((await home.open()).failure).toMatchObject({ code: 'state-unusable' });
  });
});

describe('evidence and exports', () => {
  it('prove each entry against the signed checkpoint, without the log and without the daemon', async () => {
    const audit = await home.open();
    for (let n = 1; n <= 9; n++) audit.append(toolCall(n, { person: n % 2 === 0 ? 'ada' : 'milo' }));
    const evidence = await evidenceOf(audit, 'acme', 4);
    expect(evidence).toMatchObject({ proof: { index: 3, size: 9 }, entry: { body: { n: 4 } } });
    await expect(evidenceOf(audit, 'other', 4)).rejects.toMatchObject({ code: 'not-found' });
    await expect(evidenceOf(audit, 'acme', 10)).rejects.toMatchObject({ code: 'not-found' });
    const lines = await collected(exportLines(audit, 'acme', { person: 'ada' }));
    expect(lines).toHaveLength(6);
    expect(await checkExport(each(lines), evidence.publicKey)).toMatchObject({ ok: true, entries: 4 });
    const [head = '', first = '', second = '', third = '', ...rest] = lines;
    for (const [forged, reason] of [
      [[head, first.replace('secret of ada 2', 'nothing of ada 2'), second, third, ...rest], /say what was logged/],
      [[head, first.replace('"decision":"allowed"', '"decision":"denied"'), second, third, ...rest], /hash/],
      [[head, second, third, ...rest], /3 of 4/],
      [[head, first, second, third, ...rest.slice(0, -1)], /end is missing/],
      [[head.replace('\\n9\\n', '\\n8\\n'), first, second, third, ...rest], /signature/],
      [[head, first.replace('"index":1', '"index":3'), second, third, ...rest], /not in the log/],
      [['{}', ...lines.slice(1)], /no export/],
    ] as const) {
      const report = await checkExport(each(forged), evidence.publicKey);
      expect(report.ok).toBe(false);
      expect(report.problems.map((problem) => problem.reason).join()).toMatch(reason);
    }
    // The key in the file is its maker's choice.
    const stranger = Buffer.alloc(32, 1).toString('base64');
    expect((await checkExport(each(lines), stranger)).ok).toBe(false);
  });

  it('tell an incident in order, with the times by which to report', async () => {
    const clock = new TestClock();
    const audit = await home.open({ clock });
    audit.append(toolCall(1));
    clock.advance(day);
    audit.append(toolCall(2, { kind: 'policy-denied', decision: 'denied' }));
    const text = (await collected(timeline(audit, 'acme', {}))).join('\n');
    expect(text).toMatch(/tool-call 1, policy-denied 1/);
    expect(text).toMatch(/#1 {2}tool-call {2}allowed[\s\S]*#2 {2}policy-denied {2}denied/);
    expect(text).toContain('NIS2');
    expect(await collected(timeline(audit, 'other', {}))).toEqual(['Nothing was logged that fits.']);
  });
});

describe('retention', () => {
  const parts = (clock: TestClock, holds: { tenant: string; person: string | null }[] = []) => ({
    clock,
    days: retentionOf(183),
    owner: 'default',
    holds: () => holds,
  });

  it('lets whole segments go after their time, and what is left verifies and proves (2, 3)', async () => {
    const clock = new TestClock();
    const audit = await home.open({ clock });
    for (let n = 1; n <= 5; n++) audit.append(toolCall(n));
    clock.advance(31 * day);
    await tendRetention(audit, parts(clock));
    for (let n = 6; n <= 8; n++) audit.append(toolCall(n, { person: 'milo' }));
    clock.advance(182 * day);
    expect(await tendRetention(audit, parts(clock))).toBe(0);
    clock.advance(31 * day);
    audit.append(toolCall(9));
    expect(await tendRetention(audit, parts(clock, [{ tenant: 'acme', person: 'ada' }]))).toBe(0);
    expect(await tendRetention(audit, parts(clock, [{ tenant: 'acme', person: null }]))).toBe(0);
    expect(await tendRetention(audit, parts(clock, [{ tenant: 'acme', person: 'milo' }]))).toBe(1);
    expect(existsSync(home.segment(1))).toBe(false);
    for (const open of [async () => audit, () => again(clock)]) {
      const opened = await open();
      const report = await opened.verify();
      expect(report).toMatchObject({ ok: true, first: 6, problems: [] });
      const evidence = await evidenceOf(opened, 'acme', 7);
      expect(evidence.proof.index).toBe(6);
      const lines = await collected(exportLines(opened, 'acme', {}));
      expect(await checkExport(each(lines), evidence.publicKey)).toMatchObject({ ok: true, entries: 4 });
      await expect(evidenceOf(opened, 'acme', 3)).rejects.toMatchObject({ code: 'not-found' });
    }
    // What is left is still held to what was signed.
    await home.closeAll();
    home.setLines(home.lines(2).slice(1), 2);
    expect((await (await home.open({ clock })).verify()).problems[0]).toMatchObject({ sequence: 6 });
  });

  it('keeps a class for longer that has to be, and with it what stands beside it (2)', async () => {
    const clock = new TestClock();
    const audit = await home.open({ clock });
    const days = retentionOf(183, { personal: 400 });
    audit.append(toolCall(1, { person: null }));
    clock.advance(31 * day);
    await tendRetention(audit, { ...parts(clock), days });
    audit.append(toolCall(2));
    clock.advance(31 * day);
    await tendRetention(audit, { ...parts(clock), days });
    audit.append(toolCall(3, { person: null }));
    clock.advance(184 * day);
    // Nobody stands in the first, somebody in the second.
    expect(await tendRetention(audit, { ...parts(clock), days })).toBe(1);
    expect((await audit.verify()).first).toBe(2);
    clock.advance(150 * day);
    expect(await tendRetention(audit, { ...parts(clock), days })).toBe(0);
    clock.advance(60 * day);
    expect(await tendRetention(audit, { ...parts(clock), days })).toBeGreaterThan(0);
    expect((await audit.verify()).first).toBeGreaterThan(2);
  });

  it('refuses less than the floor for any class, and a class that no entry has (1)', () => {
    for (const less of [{ personal: 182 }, { internal: 1 }, { personal: Number.NaN }]) {
      expect(() => retentionOf(400, less)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    }
    expect(() => retentionOf(182, { personal: 400, internal: 400 })).not.toThrow();
    expect(() => retentionOf(182)).toThrow(/182 days/);
    expect(() => retentionOf(400, { secret: 500 } as never)).toThrow(/class secret/);
  });

  async function again(clock: TestClock): Promise<Awaited<ReturnType<AuditHome['open']>>> {
    await home.closeAll();
    return home.open({ clock });
  }
});
