/** The agent's file requests, in raw frames. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageTypes as m } from '../../src/guest/wire.ts';
import { all, type FieldValues, type Frame, int, type Peer, TestAgent, text } from './guest-agent-peer.ts';

const errno = { ENOENT: 2, EEXIST: 17, ENOTDIR: 20, EISDIR: 21, EINVAL: 22, ENOTEMPTY: 39, ECANCELED: 125 };
let agent: TestAgent;
let peer: Peer;

beforeAll(async () => {
  agent = new TestAgent();
  peer = await agent.peer();
});
afterAll(() => agent.stop());

/** A fresh directory: as the host sees it, and as the sandbox does. */
function folder(): { host: string; inside: string } {
  const host = mkdtempSync(join(agent.root, 'd-'));
  return { host, inside: `/${basename(host)}` };
}

const fails = async (type: number, values: FieldValues): Promise<number | undefined> => {
  const answer = await peer.ask(type, values);
  return answer.type === m.error ? int(answer.payload, 'errno') : 0;
};

async function read(path: string, more: FieldValues = {}): Promise<{ data: Buffer; frames: Frame[] }> {
  const frames = await peer.until(peer.send(m.read, { path, credit: 1 << 30, ...more }), m.end);
  return { data: Buffer.concat(frames.filter((f) => f.type === m.data).map((f) => f.payload)), frames };
}

async function write(path: string, data: Uint8Array | string, more: FieldValues = {}): Promise<Frame> {
  const id = peer.send(m.write, { path, ...more });
  const opened = await peer.next(id);
  if (opened.type === m.error) return opened;
  const bytes = Buffer.from(data as string);
  let credit = int(opened.payload, 'credit') ?? 0;
  for (let at = 0; at < bytes.length; ) {
    while (credit === 0) credit += (await peer.next(id)).payload.readUInt32LE(0);
    const end = Math.min(at + credit, at + 200_000, bytes.length);
    peer.send(m.data, bytes.subarray(at, end), id);
    credit -= end - at;
    at = end;
  }
  peer.send(m.end, {}, id);
  const last = (await peer.until(id, m.end)).at(-1);
  if (!last) throw new Error('no end');
  return last;
}

describe('looking', () => {
  it('stats files, directories and links, followed or not', async () => {
    const { host, inside } = folder();
    writeFileSync(join(host, 'file'), 'four', { mode: 0o640 });
    symlinkSync('file', join(host, 'link'));
    const file = (await peer.ask(m.stat, { path: `${inside}/file` })).payload;
    expect([int(file, 'fileType'), int(file, 'size'), int(file, 'mode')]).toEqual([1, 4, 0o640]);
    expect(BigInt.asUintN(64, all(file, 'mtimeNs')[0]?.readBigUInt64LE() ?? 0n)).toBe(
      lstatSync(join(host, 'file'), { bigint: true }).mtimeNs,
    );
    const link = (await peer.ask(m.stat, { path: `${inside}/link` })).payload;
    expect([int(link, 'fileType'), text(link, 'target')]).toEqual([3, 'file']);
    const followed = (await peer.ask(m.stat, { path: `${inside}/link`, flags: 1 })).payload;
    expect([int(followed, 'fileType'), text(followed, 'target')]).toEqual([1, undefined]);
    expect(int((await peer.ask(m.stat, { path: '/' })).payload, 'fileType')).toBe(2);
    expect(await fails(m.stat, { path: `${inside}/none` })).toBe(errno.ENOENT);
    expect(await fails(m.stat, { path: 'relative' })).toBe(errno.EINVAL);
    expect(await fails(m.stat, { path: `${inside}/..` })).toBe(errno.EINVAL);
    expect(await fails(m.stat, {})).toBe(errno.EINVAL);
  });

  it('lists in order, page by page, however large', async () => {
    const { host, inside } = folder();
    const names = Array.from({ length: 3000 }, (_, i) => `f${i}-${'x'.repeat(80)}`);
    for (const name of names) writeFileSync(join(host, name), '');
    const listed: string[] = [];
    for (let cursor: number | undefined = 0, pages = 0; cursor !== undefined; pages++) {
      const page: Buffer = (await peer.ask(m.list, { path: inside, cursor, count: 2500 })).payload;
      listed.push(...all(page, 'entry').map((entry) => text(entry, 'path') ?? ''));
      cursor = int(page, 'more') ? int(page, 'cursor') : undefined;
      expect(pages).toBeLessThan(10);
    }
    expect(listed).toEqual(names.sort());
    expect(await fails(m.list, { path: `${inside}/${names[0]}` })).toBe(errno.ENOTDIR);
  });

  it('goes on with a list as it was read, whatever comes and goes, and with any cursor anew', async () => {
    const { host, inside } = folder();
    for (const name of ['b', 'c', 'd', 'e']) writeFileSync(join(host, name), '');
    const page = async (cursor: number): Promise<(string | undefined)[]> =>
      all((await peer.ask(m.list, { path: inside, cursor, count: 2 })).payload, 'entry').map((entry) =>
        text(entry, 'path'),
      );
    expect(await page(0)).toEqual(['b', 'c']);
    writeFileSync(join(host, 'a'), '');
    rmSync(join(host, 'd'));
    expect(await page(2)).toEqual(['e']);
    expect(await page(2)).toEqual(['c', 'e']);
    expect(await page(0)).toEqual(['a', 'b']);
    await peer.ask(m.list, { path: '/' });
    expect(await page(2)).toEqual(['c', 'e']);
  });

  it('lists a large directory in time that grows with its size', async () => {
    const { host, inside } = folder();
    for (let index = 0; index < 30_000; index++) writeFileSync(join(host, `f${index}`), '');
    const startedMs = performance.now();
    let [listed, pages] = [0, 0];
    for (let cursor: number | undefined = 0; cursor !== undefined; pages++) {
      const page: Buffer = (await peer.ask(m.list, { path: inside, cursor, count: 100 })).payload;
      listed += all(page, 'entry').length;
      cursor = int(page, 'more') ? int(page, 'cursor') : undefined;
    }
    expect({ listed, pages }).toEqual({ listed: 30_000, pages: 300 });
    expect(performance.now() - startedMs).toBeLessThan(3000);
  });

  it('cannot be led outside its root', async () => {
    const { host, inside } = folder();
    symlinkSync('/etc', join(host, 'etc'));
    symlinkSync('../../../../../../etc/passwd', join(host, 'passwd'));
    expect(await fails(m.list, { path: `${inside}/etc` })).toBe(errno.ENOENT);
    expect(await fails(m.read, { path: `${inside}/passwd` })).toBe(errno.ENOENT);
    expect(await fails(m.stat, { path: '/../../../../etc/passwd' })).toBe(errno.ENOENT);
  });
});

describe('reading', () => {
  it('gives whole files and exact ranges', async () => {
    const { host, inside } = folder();
    const content = Buffer.alloc(1_000_000, 'abcdefg');
    writeFileSync(join(host, 'file'), content);
    const path = `${inside}/file`;
    expect((await read(path)).data.equals(content)).toBe(true);
    expect((await read(path, { offset: 999_990 })).data).toEqual(content.subarray(999_990));
    expect((await read(path, { offset: 5, length: 10 })).data).toEqual(content.subarray(5, 15));
    expect((await read(path, { offset: 2_000_000 })).data.length).toBe(0);
    expect(int((await read(path)).frames[0]?.payload ?? Buffer.alloc(0), 'size')).toBe(1_000_000);
    expect(await fails(m.read, { path: inside })).toBe(errno.EISDIR);
  });

  it('waits for credit', async () => {
    const { host, inside } = folder();
    writeFileSync(join(host, 'file'), Buffer.alloc(5000));
    const id = peer.send(m.read, { path: `${inside}/file`, credit: 2000 });
    await peer.next(id);
    expect((await peer.next(id)).payload.length).toBe(2000);
    await peer.ask(m.ping);
    expect(peer.waiting(id)).toBe(0);
    peer.credit(id, 10_000);
    expect((await peer.next(id)).payload.length).toBe(3000);
    expect((await peer.next(id)).type).toBe(m.end);
  });
});

describe('writing', () => {
  it('replaces a file at once, keeping or setting its mode', async () => {
    const { host, inside } = folder();
    const file = join(host, 'deep/er/file');
    const content = Buffer.alloc(3_000_000, 'xyz');
    const done = await write(`${inside}/deep/er/file`, content, { parents: 1, size: content.length });
    expect(int(done.payload, 'size')).toBe(content.length);
    expect(readFileSync(file).equals(content)).toBe(true);
    expect(statSync(file).mode & 0o7777).toBe(0o644);
    chmodSync(file, 0o751);
    await write(`${inside}/deep/er/file`, 'new');
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o7777]).toEqual(['new', 0o751]);
    await write(`${inside}/deep/er/file`, '', { mode: 0o600 });
    expect([statSync(file).size, statSync(file).mode & 0o7777]).toEqual([0, 0o600]);
  });

  it('shows nothing before its end and nothing after a cancel', async () => {
    const { host, inside } = folder();
    writeFileSync(join(host, 'file'), 'old');
    const id = peer.send(m.write, { path: `${inside}/file` });
    await peer.next(id);
    peer.send(m.data, Buffer.from('half'), id);
    await peer.next(id);
    expect(readdirSync(host).length).toBe(2);
    expect(readFileSync(join(host, 'file'), 'utf8')).toBe('old');
    peer.send(m.cancel, {}, id);
    expect(int((await peer.next(id)).payload, 'errno')).toBe(errno.ECANCELED);
    expect(readdirSync(host)).toEqual(['file']);
    peer.send(m.data, Buffer.from('late'), id);
    peer.send(m.end, {}, id);
    expect((await peer.ask(m.ping)).type).toBe(m.ok);
  });

  it('leaves nothing when the writer disconnects or the length is wrong', async () => {
    const { host, inside } = folder();
    const other = await agent.peer();
    const id = other.send(m.write, { path: `${inside}/file` });
    await other.next(id);
    other.send(m.data, Buffer.from('half'), id);
    await other.next(id);
    other.socket.destroy();
    await other.closed;
    await peer.ask(m.ping);
    expect(int((await write(`${inside}/file`, 'four', { size: 5 })).payload, 'errno')).toBe(errno.EINVAL);
    expect(readdirSync(host)).toEqual([]);
  });

  it('follows a link to its file, and refuses what is no file or must not exist', async () => {
    const { host, inside } = folder();
    mkdirSync(join(host, 'sub'));
    writeFileSync(join(host, 'sub/real'), 'old');
    symlinkSync('sub/real', join(host, 'link'));
    await write(`${inside}/link`, 'new');
    expect([readFileSync(join(host, 'sub/real'), 'utf8'), lstatSync(join(host, 'link')).isSymbolicLink()]).toEqual([
      'new',
      true,
    ]);
    expect(int((await write(`${inside}/sub`, 'x')).payload, 'errno')).toBe(errno.EISDIR);
    expect(int((await write(`${inside}/link`, 'x', { flags: 1 })).payload, 'errno')).toBe(errno.EEXIST);
    expect(int((await write(`${inside}/none/file`, 'x')).payload, 'errno')).toBe(errno.ENOENT);
  });
});

describe('changing', () => {
  it('makes, moves, links and changes modes', async () => {
    const { host, inside } = folder();
    expect(await fails(m.mkdir, { path: `${inside}/a/b/c` })).toBe(errno.ENOENT);
    expect(await fails(m.mkdir, { path: `${inside}/a/b/c`, parents: 1, mode: 0o700 })).toBe(0);
    expect(statSync(join(host, 'a/b/c')).mode & 0o7777).toBe(0o700);
    expect(await fails(m.mkdir, { path: `${inside}/a/b/c`, parents: 1 })).toBe(0);
    expect(await fails(m.mkdir, { path: `${inside}/a` })).toBe(errno.EEXIST);
    writeFileSync(join(host, 'x'), 'x');
    writeFileSync(join(host, 'y'), 'y');
    expect(await fails(m.move, { path: `${inside}/x`, target: `${inside}/y` })).toBe(errno.EEXIST);
    expect(await fails(m.move, { path: `${inside}/x`, target: `${inside}/y`, flags: 1 })).toBe(0);
    expect(readFileSync(join(host, 'y'), 'utf8')).toBe('x');
    expect(await fails(m.chmod, { path: `${inside}/y`, mode: 0o640 })).toBe(0);
    expect(statSync(join(host, 'y')).mode & 0o7777).toBe(0o640);
    expect(await fails(m.chmod, { path: `${inside}/y`, mode: 0o100640 })).toBe(errno.EINVAL);
    expect(await fails(m.symlink, { path: `${inside}/l`, target: 'y' })).toBe(0);
    expect(readFileSync(join(host, 'l'), 'utf8')).toBe('x');
  });

  it('removes one thing, or a tree however wide and deep, and never through a link', async () => {
    const { host, inside } = folder();
    mkdirSync(join(host, 'tree'));
    writeFileSync(join(host, 'kept'), '');
    symlinkSync(host, join(host, 'tree/up'));
    let deep = join(host, 'tree');
    for (let i = 0; i < 200; i++) {
      deep = join(deep, 'deeper');
      mkdirSync(deep);
    }
    for (let i = 0; i < 500; i++) writeFileSync(join(host, 'tree', `f${i}`), '');
    expect(await fails(m.remove, { path: `${inside}/tree` })).toBe(errno.ENOTEMPTY);
    const done = await peer.ask(m.remove, { path: `${inside}/tree`, flags: 1 });
    expect([done.type, int(done.payload, 'count')]).toEqual([m.ok, 702]);
    expect(readdirSync(host)).toEqual(['kept']);
    expect(int((await peer.ask(m.remove, { path: `${inside}/kept` })).payload, 'count')).toBe(1);
    expect(await fails(m.remove, { path: `${inside}/kept`, flags: 1 })).toBe(errno.ENOENT);
  });
});

describe('searching', () => {
  const search = async (values: FieldValues): Promise<{ found: string[]; end: Buffer }> => {
    const frames = await peer.until(peer.send(m.search, { credit: 1 << 20, ...values }), m.end);
    const found = frames
      .filter((f) => f.type === m.data)
      .map((f) => `${text(f.payload, 'path')}:${int(f.payload, 'line')}:${text(f.payload, 'text')}`);
    return { found: found.sort(), end: frames.at(-1)?.payload ?? Buffer.alloc(0) };
  };

  it('finds text and expressions in lines, skipping binaries and .git', async () => {
    const { host, inside } = folder();
    mkdirSync(join(host, 'src/.git'), { recursive: true });
    writeFileSync(join(host, 'src/.git/hidden'), 'needle\n');
    writeFileSync(join(host, 'src/a.ts'), 'one\nthe needle\n\nNeedle at the end');
    writeFileSync(join(host, 'src/b.js'), 'needle 42\n');
    writeFileSync(join(host, 'binary'), 'needle\0');
    expect((await search({ path: inside, pattern: 'needle' })).found).toEqual([
      `${inside}/src/a.ts:2:the needle`,
      `${inside}/src/b.js:1:needle 42`,
    ]);
    const folded = await search({ path: inside, pattern: 'NEEDLE', flags: 2, glob: '*.ts' });
    expect(folded.found).toEqual([`${inside}/src/a.ts:2:the needle`, `${inside}/src/a.ts:4:Needle at the end`]);
    expect([int(folded.end, 'count'), int(folded.end, 'more')]).toEqual([1, 0]);
    const regex = { path: `${inside}/`, pattern: '^(the|need).*[0-9]+$', flags: 1 };
    expect((await search(regex)).found).toEqual([`${inside}/src/b.js:1:needle 42`]);
    expect((await search({ path: `${inside}/src/a.ts`, pattern: 'needle' })).found.length).toBe(1);
    expect((await search({ path: inside, pattern: 'needle', glob: 'src/**/*.js' })).found.length).toBe(1);
    expect(int((await search({ path: inside, pattern: 'needle', count: 1 })).end, 'more')).toBe(1);
    expect(await fails(m.search, { path: inside, pattern: '(', flags: 1 })).toBe(errno.EINVAL);
    expect(await fails(m.search, { path: inside, pattern: '((a{255}){255}){255}', flags: 1 })).toBe(errno.EINVAL);
    expect(await fails(m.search, { path: `${inside}/none`, pattern: 'x' })).toBe(errno.ENOENT);
  });

  it('counts lines across windows, cuts long ones, and never exceeds its credit', async () => {
    const { host, inside } = folder();
    const lines = Array.from({ length: 30_000 }, (_, i) => (i % 1000 === 999 ? `hit ${i}` : `line ${i}`));
    writeFileSync(join(host, 'many'), `${lines.join('\n')}\n${'z'.repeat(300_000)} hit\n`);
    const id = peer.send(m.search, { path: inside, pattern: 'hit', credit: 300 });
    let granted = 300;
    let used = 0;
    const found: Buffer[] = [];
    for (let frame = await peer.next(id); frame.type !== m.end; frame = await peer.next(id)) {
      used += frame.payload.length;
      expect(used).toBeLessThanOrEqual(granted);
      found.push(frame.payload);
      granted += 1100;
      peer.credit(id, 1100);
    }
    expect(found.length).toBe(31);
    expect(found.slice(0, 30).map((hit) => int(hit, 'line'))).toEqual(
      lines.flatMap((l, i) => (l.startsWith('h') ? [i + 1] : [])),
    );
    expect([int(found[30] ?? Buffer.alloc(0), 'line'), all(found[30] ?? Buffer.alloc(0), 'text')[0]?.length]).toEqual([
      30_001, 1024,
    ]);
  });
});

describe('watching', () => {
  it('tells what is made, changed, moved and deleted, in new directories too', async () => {
    const { host, inside } = folder();
    const id = peer.send(m.watch, { path: inside, flags: 1, credit: 1 << 20 });
    expect((await peer.next(id)).type).toBe(m.ok);
    const told = async (): Promise<[string | undefined, number | undefined, string | undefined]> => {
      const { payload } = await peer.next(id);
      return [
        text(payload, 'path')?.slice(inside.length),
        int(payload, 'flags'),
        text(payload, 'target')?.slice(inside.length),
      ];
    };
    mkdirSync(join(host, 'new'));
    expect(await told()).toEqual(['/new', 1, undefined]);
    writeFileSync(join(host, 'new/file'), 'x');
    expect(await told()).toEqual(['/new/file', 1, undefined]);
    expect(await told()).toEqual(['/new/file', 2, undefined]);
    renameSync(join(host, 'new'), join(host, 'moved'));
    expect(await told()).toEqual(['/new', 4, '/moved']);
    rmSync(join(host, 'moved/file'));
    expect(await told()).toEqual(['/moved/file', 3, undefined]);
    await write(`${inside}/written`, 'first');
    expect(await told()).toEqual(['/written', 1, undefined]);
    await write(`${inside}/written`, 'second');
    expect(await told()).toEqual(['/written', 2, undefined]);
    peer.send(m.cancel, {}, id);
    expect(int((await peer.next(id)).payload, 'errno')).toBe(errno.ECANCELED);
    expect(await fails(m.watch, { path: `${inside}/none` })).toBe(errno.ENOENT);
    expect(existsSync(join(host, 'written'))).toBe(true);
  });

  it('waits for credit', async () => {
    const { host, inside } = folder();
    const id = peer.send(m.watch, { path: inside, credit: 50 });
    await peer.next(id);
    for (let i = 0; i < 10; i++) mkdirSync(join(host, `d${i}`));
    await peer.next(id);
    await peer.ask(m.ping);
    expect(peer.waiting(id)).toBe(0);
    peer.credit(id, 10_000);
    for (let i = 1; i < 10; i++) expect(text((await peer.next(id)).payload, 'path')).toBe(`${inside}/d${i}`);
    peer.send(m.cancel, {}, id);
  });
});
