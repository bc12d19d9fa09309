/**
 * A layer as a stream, and a layer of that stream again (guest/layers/send.c, take.c): everything a layer can hold comes
 * through, and nothing that a hostile guest may send instead does more than fail.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  at,
  type Entry,
  entriesOf,
  flag,
  frame,
  kind,
  type LayerTool,
  layerTool,
  streamOf,
  sums,
  wire,
} from '../fixtures/layer-wire.ts';
import { encode, Refusal } from './launcher-frames.ts';

const isRoot = process.getuid?.() === 0;
const firstMappedId = 1879048192;
const errno = { EPERM: 1, EEXIST: 17, EINVAL: 22, EFBIG: 27, EPIPE: 32, ENOENT: 2, EBADMSG: 74, EPROTO: 71, ELOOP: 40 };

/** Node has no door to extended attributes. */
function python(script: string, ...args: string[]): string {
  return execFileSync('python3', ['-c', `import json, os, sys\n${script}`, ...args], { encoding: 'utf8' });
}

function setAttribute(path: string, name: string, value: string): void {
  python('os.setxattr(sys.argv[1], sys.argv[2], sys.argv[3].encode())', path, name, value);
}

function attributesOf(path: string): Record<string, string> {
  const read = '{name: os.getxattr(sys.argv[1], name).decode("latin1") for name in os.listxattr(sys.argv[1])}';
  return JSON.parse(python(`print(json.dumps(${read}))`, path));
}

describe.skipIf(!isRoot)('layers between two launchers (needs root)', () => {
  let home: string;
  let tool: LayerTool;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'hf-transfer-'));
    tool = layerTool(home);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  describe('carry a layer whole', () => {
    let from: string;
    let to: string;
    let count = 0;
    beforeEach(() => {
      from = join(home, `from${++count}`);
      to = join(home, `to${count}`);
      mkdirSync(from, { mode: 0o755 });
    });
    const carry = () => tool.take(to, tool.send(from, [[at.flags, 1]]));
    const give = (path: string, id: number) => lchownSync(path, firstMappedId + id, firstMappedId + id);

    it('with every kind of entry, owners, modes, times and links', () => {
      mkdirSync(join(from, 'directory/inner'), { recursive: true });
      writeFileSync(join(from, 'directory/file'), 'content');
      linkSync(join(from, 'directory/file'), join(from, 'directory/inner/same'));
      symlinkSync('/absolute/target', join(from, 'link'));
      symlinkSync('../../up', join(from, 'directory/up'));
      execFileSync('mkfifo', [join(from, 'pipe')]);
      execFileSync('mknod', [join(from, 'gone'), 'c', '0', '0']);
      setAttribute(join(from, 'directory'), 'trusted.overlay.opaque', 'y');
      chmodSync(join(from, 'directory'), 0o1775);
      chmodSync(join(from, 'directory/file'), 0o640);
      execFileSync('sh', ['-c', `find . -exec chown -h ${firstMappedId} {} + -exec chgrp -h ${firstMappedId} {} +`], {
        cwd: from,
      });
      give(join(from, 'directory/file'), 1000);
      execFileSync('touch', ['-d', '1969-12-31T23:59:56.75Z', join(from, 'directory/file')]);
      const got = carry();
      expect(got).toMatchObject({ files: 5, bytes: 7 });
      expect(got.digest).toBe(tool.scan(from));
      expect(tool.scan(to)).toBe(tool.scan(from));
      expect(statSync(join(to, 'directory/inner/same')).ino).toBe(statSync(join(to, 'directory/file')).ino);
      expect(readlinkSync(join(to, 'link'))).toBe('/absolute/target');
      expect(lstatSync(join(to, 'gone'))).toMatchObject({ rdev: 0 });
      expect(lstatSync(join(to, 'pipe')).isFIFO()).toBe(true);
      expect(lstatSync(join(to, 'directory/file'))).toMatchObject({
        uid: firstMappedId + 1000,
        mode: 0o100640,
        mtimeMs: -3250,
      });
      expect(lstatSync(join(to, 'directory')).mode & 0o7777).toBe(0o1775);
    });

    it('with attributes and access lists, by the ids the sandbox has', () => {
      writeFileSync(join(from, 'file'), '');
      setAttribute(join(from, 'file'), 'user.note', 'kept');
      setAttribute(join(from, 'file'), 'trusted.own', 'left');
      const lists = spawnSync('setfacl', ['-m', `u:${firstMappedId + 1000}:r`, join(from, 'file')]).status === 0;
      give(from, 0);
      give(join(from, 'file'), 0);
      const stream = tool.send(from);
      expect(sums(stream.end).left).toBe(1);
      tool.take(to, stream);
      expect(attributesOf(join(to, 'file'))).toEqual({
        'user.note': 'kept',
        ...(lists ? { 'system.posix_acl_access': expect.anything() } : {}),
      });
      if (lists)
        expect(execFileSync('getfacl', ['-n', join(to, 'file')], { encoding: 'utf8' })).toContain(
          `user:${firstMappedId + 1000}:r--`,
        );
    });

    it('leaving set-id bits and file capabilities behind, and saying so', () => {
      writeFileSync(join(from, 'program'), 'x');
      give(from, 0);
      give(join(from, 'program'), 0);
      chmodSync(join(from, 'program'), 0o6755);
      const stream = tool.send(from, [[at.flags, 1]]);
      expect(sums(stream.end).left).toBe(1);
      const got = tool.take(to, stream);
      expect(lstatSync(join(to, 'program')).mode & 0o7777).toBe(0o755);
      expect(got.digest).toBe(sums(stream.end).digest);
    });

    it('with large and sparse files, sending no holes', () => {
      const file = openSync(join(from, 'sparse'), 'w');
      ftruncateSync(file, 8 * 2 ** 30);
      writeSync(file, 'in the middle', 5 * 2 ** 30);
      closeSync(file);
      writeFileSync(join(from, 'large'), Buffer.alloc(3_000_000, 'large'));
      give(from, 0);
      for (const name of ['sparse', 'large']) give(join(from, name), 0);
      const stream = tool.send(from, [[at.flags, 1]]);
      expect(stream.frames.reduce((sum, one) => sum + one.length, 0)).toBeLessThan(3_500_000);
      const got = tool.take(to, stream);
      expect(got.bytes).toBe(8 * 2 ** 30 + 3_000_000);
      expect(statSync(join(to, 'sparse')).blocks).toBeLessThan(1000);
      expect(tool.scan(to)).toBe(got.digest);
    });

    it('whose redirects and deep directories an overlay still understands', () => {
      mkdirSync(join(from, Array.from({ length: 300 }, () => 'd').join('/')), { recursive: true });
      setAttribute(join(from, 'd'), 'trusted.overlay.redirect', '/was/here');
      execFileSync('chown', ['-R', `${firstMappedId}:${firstMappedId}`, from]);
      carry();
      expect(tool.scan(to)).toBe(tool.scan(from));
    });

    it('refusing to send what cannot be carried', () => {
      give(from, 0);
      execFileSync('mknod', [join(from, 'null'), 'c', '1', '3']);
      expect(() => tool.send(from)).toThrow(/is a device/);
      rmSync(join(from, 'null'));
      writeFileSync(join(from, 'host'), '');
      expect(() => tool.send(from)).toThrow(/no sandbox/);
    });
  });

  describe('refuse a hostile stream and keep nothing of it', () => {
    let to: string;
    let count = 0;
    beforeEach(() => {
      to = join(home, `hostile${++count}`);
      writeFileSync(join(home, 'outside'), 'outside');
    });
    afterEach(() => {
      expect(existsSync(to)).toBe(false);
      expect(readFileSync(join(home, 'outside'), 'utf8')).toBe('outside');
    });
    const refused = (
      stream: Parameters<LayerTool['take']>[1],
      fields: Parameters<LayerTool['take']>[2] = [],
    ): number => {
      try {
        tool.take(to, stream, fields);
      } catch (error) {
        if (error instanceof Refusal) return error.errno;
        throw error;
      }
      return 0;
    };
    const directory = (path: string): Entry => ({ path, type: kind.directory, mode: 0o755 });
    const file = (path: string): Entry => ({ path, type: kind.file, size: 1 });

    const paths = ['..', '../outside', 'a/..', 'a/../../outside', '/outside', 'a//b', 'a/', './a', '.', 'a/./b'];
    it.each(paths)('with the path %s', (path) => {
      expect(refused(streamOf([directory('a'), file(path)]))).toBe(errno.EPERM);
    });

    it.each<[string, readonly Entry[], number]>([
      ['a name in a directory nobody made', [file('a/b')], errno.EPERM],
      ['a name below a link', [{ path: 'a', type: kind.symlink, target: '/tmp' }, file('a/b')], errno.EPERM],
      ['a name below a file', [file('a'), file('a/b')], errno.EPERM],
      ['a name in a directory that was left', [directory('a'), directory('b'), file('a/b')], errno.EPERM],
      ['a name twice', [file('a'), file('a')], errno.EEXIST],
      ['a file over a link', [{ path: 'a', type: kind.symlink, target: '../outside' }, file('a')], errno.EEXIST],
      ['a directory twice', [directory('a'), file('b'), directory('a')], errno.EEXIST],
      ['the root twice', [directory('')], errno.EINVAL],
      ['a device', [{ path: 'a', type: kind.device }], errno.EPERM],
      ['set-id bits', [{ path: 'a', type: kind.file, mode: 0o4755 }], errno.EPERM],
      ['set-id bits of a directory', [{ path: 'a', type: kind.directory, mode: 0o2755 }], errno.EPERM],
      ['an unknown type', [{ path: 'a', type: 8 }], errno.EINVAL],
      ['an owner past the sandbox', [{ path: 'a', type: kind.file, uid: 65536 }], errno.EINVAL],
      ['an owner that wraps around', [{ path: 'a', type: kind.file, uid: 2 ** 32 - firstMappedId }], errno.EINVAL],
      [
        'a hard link to outside',
        [{ path: 'a', type: kind.file, flags: flag.hardLink, target: '../outside' }],
        errno.EPERM,
      ],
      ['a hard link to /', [{ path: 'a', type: kind.file, flags: flag.hardLink, target: '/etc/passwd' }], errno.EPERM],
      [
        'a hard link to a link',
        [
          { path: 'a', type: kind.symlink, target: '../outside' },
          { path: 'b', type: kind.file, flags: flag.hardLink, target: 'a' },
        ],
        errno.EPERM,
      ],
      ['a hard link to nothing', [{ path: 'a', type: kind.file, flags: flag.hardLink, target: 'b' }], errno.ENOENT],
      [
        'a hard link to a directory',
        [directory('d'), { path: 'a', type: kind.file, flags: flag.hardLink, target: 'd' }],
        errno.EPERM,
      ],
      ['content without a file', [{ offset: 0, text: 'x' }], errno.EINVAL],
      ['content past its file', [file('a'), { offset: 1, text: 'x' }], errno.EINVAL],
      ['content at the end of numbers', [file('a'), { offset: 2n ** 64n - 1n, text: 'xx' }], errno.EINVAL],
      [
        'content over content',
        [
          { path: 'a', type: kind.file, size: 9 },
          { offset: 0, text: 'xx' },
          { offset: 1, text: 'x' },
        ],
        errno.EINVAL,
      ],
      [
        'content of a link',
        [file('a'), { path: 'b', type: kind.symlink, target: 'x' }, { offset: 0, text: 'x' }],
        errno.EINVAL,
      ],
      ['a file of any size', [{ path: 'a', type: kind.file, size: 2n ** 62n }], errno.EFBIG],
      ['a file capability', [{ path: 'a', type: kind.file, attribute: ['security.capability\0x'] }], errno.EPERM],
      [
        'a mark as an attribute',
        [{ path: 'a', type: kind.file, attribute: ['trusted.overlay.metacopy\0'] }],
        errno.EPERM,
      ],
      [
        'the other mark as an attribute',
        [{ path: 'a', type: kind.file, attribute: ['user.overlay.opaque\0y'] }],
        errno.EPERM,
      ],
      [
        'a broken access list',
        [{ path: 'a', type: kind.file, attribute: ['system.posix_acl_access\0xyz'] }],
        errno.EINVAL,
      ],
      ['an attribute without a name', [{ path: 'a', type: kind.file, attribute: ['\0x'] }], errno.EPERM],
      ['an attribute without an end', [{ path: 'a', type: kind.file, attribute: ['user.x'] }], errno.EINVAL],
      ['an opaque file', [{ path: 'a', type: kind.file, flags: flag.opaque }], errno.EINVAL],
      ['a redirect up', [{ path: 'a', type: kind.directory, target: '/a/../..' }], errno.EPERM],
      ['a redirect that is no name', [{ path: 'a', type: kind.directory, target: 'a/b' }], errno.EPERM],
      ['a link to nothing at all', [{ path: 'a', type: kind.symlink, target: '' }], errno.EINVAL],
      ['unknown flags', [{ path: 'a', type: kind.file, flags: 64 }], errno.EINVAL],
    ])('with %s', (_name, entries, expected) => {
      expect(refused(streamOf(entries))).toBe(expected);
    });

    it('without a root, or with nothing', () => {
      expect(refused(streamOf([file('a')], [], false))).toBe(errno.EINVAL);
      expect(refused(streamOf([], [], false))).toBe(errno.EINVAL);
      expect(refused({ frames: [], end: Buffer.alloc(0) })).toBe(errno.EINVAL);
    });

    it('that is cut off, wherever', () => {
      const whole = wire(streamOf([directory('a'), file('a/b'), { offset: 0, text: 'x' }]));
      for (let length = 0; length < whole.length; length += 7)
        expect(refused(whole.subarray(0, length))).toBe(errno.EPIPE);
    });

    it('with frames that are not the layer, or too long', () => {
      expect(refused(frame(0x72, Buffer.alloc(8), 2))).toBe(errno.EPROTO);
      expect(refused(frame(0x10, Buffer.alloc(8)))).toBe(errno.EPROTO);
      const long = Buffer.alloc(9);
      long.writeUInt32LE(2 ** 32 - 1);
      long[4] = 0x72;
      long[5] = 1;
      expect(refused(long)).toBe(errno.EPROTO);
    });

    it('that holds more than it may, or not what it says', () => {
      const entries = [
        { path: 'a', type: kind.file, size: 100 },
        { offset: 0, text: 'x'.repeat(100) },
      ];
      expect(refused(streamOf(entries), [[at.size, 99]])).toBe(errno.EFBIG);
      expect(refused(streamOf(entries), [[at.count, 1]])).toBe(errno.EFBIG);
      const link = { path: 'l', type: kind.symlink, target: 'x'.repeat(100) };
      expect(refused(streamOf([link]), [[at.size, 99]])).toBe(errno.EFBIG);
      const noted = { path: 'n', type: kind.file, attribute: [`user.note\0${'x'.repeat(100)}`] };
      expect(refused(streamOf([noted]), [[at.size, 99]])).toBe(errno.EFBIG);
      expect(refused(streamOf(entries, [[at.files, 2]]))).toBe(errno.EBADMSG);
      expect(refused(streamOf(entries, [[at.bytes, 99]]))).toBe(errno.EBADMSG);
      expect(refused(streamOf(entries, [[at.digest, Buffer.alloc(32)]]))).toBe(errno.EBADMSG);
    });

    it('nested deeper than anything', () => {
      const deep = Array.from({ length: 1500 }, (_, depth) =>
        directory(Array.from({ length: depth + 1 }, () => 'd').join('/')),
      );
      expect(refused(streamOf(deep))).toBe(errno.ELOOP);
    });
  });

  it('refuses a place outside of home, and one that is taken', () => {
    const stream = streamOf([]);
    const elsewhere = mkdtempSync(join(tmpdir(), 'hf-elsewhere-'));
    expect(() => tool.take(join(elsewhere, 'x'), stream)).toThrow(/not below/);
    expect(() => tool.take(`${home}/../x`, stream)).toThrow(Refusal);
    mkdirSync(join(home, 'taken'));
    writeFileSync(join(home, 'taken/file'), 'mine');
    expect(() => tool.take(join(home, 'taken'), stream)).toThrow(/File exists/);
    expect(readFileSync(join(home, 'taken/file'), 'utf8')).toBe('mine');
    rmSync(elsewhere, { recursive: true });
  });

  it('takes any tree as it was', () => {
    const name = fc.stringMatching(/^[a-d]{1,3}$/);
    const leaf = fc.oneof(
      fc.record({
        kind: fc.constant('file' as const),
        text: fc.string({ maxLength: 40 }),
        mode: fc.integer({ min: 0, max: 0o1777 }),
        id: fc.integer({ min: 0, max: 65535 }),
      }),
      fc.record({ kind: fc.constant('link' as const), target: fc.stringMatching(/^[a-z./]{1,20}$/) }),
      fc.record({ kind: fc.constant('gone' as const) }),
    );
    type Leaf =
      | { kind: 'file'; text: string; mode: number; id: number }
      | { kind: 'link'; target: string }
      | { kind: 'gone' };
    type Tree = { [name: string]: Tree | Leaf };
    const { tree } = fc.letrec<{ tree: Tree; node: Tree | Leaf }>((tie) => ({
      tree: fc.dictionary(name, tie('node'), { maxKeys: 5 }),
      node: fc.oneof({ depthSize: 'small' }, leaf, tie('tree')),
    }));
    const isLeaf = (node: Tree | Leaf): node is Leaf => typeof (node as Leaf).kind === 'string';
    const make = (path: string, node: Tree | Leaf): void => {
      if (!isLeaf(node)) {
        mkdirSync(path, { mode: 0o755 });
        for (const [inner, below] of Object.entries(node)) make(join(path, inner), below);
      } else if (node.kind === 'file') writeFileSync(path, node.text);
      else if (node.kind === 'link') symlinkSync(node.target, path);
      else execFileSync('mknod', [path, 'c', '0', '0']);
      lchownSync(path, firstMappedId, firstMappedId);
      if (!isLeaf(node) || node.kind !== 'file') return;
      lchownSync(path, firstMappedId + node.id, firstMappedId + node.id);
      chmodSync(path, node.mode);
    };
    let run = 0;
    fc.assert(
      fc.property(tree, (given) => {
        const [from, to] = [join(home, `tree${++run}`), join(home, `taken${run}`)];
        make(from, given);
        const stream = tool.send(from, [[at.flags, 1]]);
        const got = tool.take(to, stream);
        expect(got.digest).toBe(tool.scan(from));
        expect(tool.send(to).frames).toEqual(tool.send(from).frames);
      }),
      { numRuns: 40 },
    );
  });

  it('takes any bytes without leaving anything', () => {
    const before = readdirSync(home).sort();
    const good = wire(
      streamOf(
        [
          { path: 'd', type: kind.directory, mode: 0o755 },
          { path: 'd/f', type: kind.file, size: 4 },
          { offset: 0, text: 'text' },
          { path: 'l', type: kind.symlink, target: 'd' },
        ],
        [[at.files, 2]],
      ),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const bytes = Buffer.from(good);
          for (const [place, value] of changes) bytes[place] = value;
          try {
            tool.take(join(home, 'any'), bytes);
            rmSync(join(home, 'any'), { recursive: true });
          } catch (error) {
            expect(error).toBeInstanceOf(Refusal);
          }
          expect(readdirSync(home).sort()).toEqual(before);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('sends entries one can read', () => {
    const from = join(home, 'readable');
    mkdirSync(from);
    writeFileSync(join(from, 'file'), 'content');
    execFileSync('chown', ['-R', `${firstMappedId + 7}:${firstMappedId + 8}`, from]);
    const entries = entriesOf(tool.send(from));
    expect(entries.map((entry) => entry.text(at.path))).toEqual(['', 'file', '']);
    expect(entries[1]?.int(at.uid)).toBe(7);
    expect(entries[1]?.int(at.gid)).toBe(8);
    expect(entries[2]?.text(at.text)).toBe('content');
    expect(encode([])).toHaveLength(0);
  });
});
