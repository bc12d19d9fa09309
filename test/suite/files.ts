/** Files: as they are, and through time. */
import { expect } from 'vitest';
import { decode, type Requirement } from './requirement.ts';

export const fileRequirements: readonly Requirement[] = [
  [
    'files',
    'files are written whole, read in ranges, listed, moved, searched and removed',
    async ({ box, service }) => {
      const { id } = await box();
      const text = new TextEncoder().encode('first\nsecond needle\nthird\n');
      const stat = await service.writeFile(id, '/workspace/a/b.txt', text, { parents: true, mode: 0o640 });
      expect(stat).toMatchObject({ type: 'file', sizeBytes: text.length, mode: 0o640 });
      const { content } = await service.readFile(id, '/workspace/a/b.txt', { offset: 6, length: 6 });
      const parts: Uint8Array[] = [];
      for await (const part of content) parts.push(part);
      expect(decode(Buffer.concat(parts))).toBe('second');
      expect((await service.searchFiles(id, { pattern: 'needle' })).matches).toEqual([
        { path: '/workspace/a/b.txt', line: 2, text: 'second needle' },
      ]);
      await service.moveFile(id, '/workspace/a/b.txt', '/workspace/a/c.txt');
      expect((await service.listFiles(id, '/workspace/a')).map(({ path }) => path.split('/').at(-1))).toEqual([
        'c.txt',
      ]);
      await expect(service.writeFile(id, '/workspace/a/c.txt', text, { exclusive: true })).rejects.toMatchObject({
        code: 'file-exists',
      });
      await service.removeFile(id, '/workspace/a', { recursive: true });
      await expect(service.statFile(id, '/workspace/a')).rejects.toMatchObject({ code: 'file-not-found' });
      await expect(service.statFile(id, 'relative')).rejects.toMatchObject({ code: 'invalid-argument' });
    },
  ],
  [
    'files-watch',
    'a change under a watched directory is told',
    async ({ box, service }) => {
      const { id } = await box();
      const ending = new AbortController();
      const seen: string[] = [];
      const watching = (async () => {
        for await (const event of service.watchFiles(id, '/workspace', { recursive: true }, { signal: ending.signal }))
          seen.push(`${event.kind} ${event.path}`);
      })();
      await expect
        .poll(
          async () => {
            await service.writeFile(id, '/workspace/new.txt', new Uint8Array([1]));
            return seen.some((line) => line.endsWith('/workspace/new.txt'));
          },
          { interval: 100, timeout: 5000 },
        )
        .toBe(true);
      ending.abort();
      await watching;
    },
  ],
  [
    'snapshot-rollback',
    'a rollback brings the files back and ends what ran',
    async ({ box, service, sh }) => {
      const { id } = await box();
      await sh(id, 'echo good > state; mkdir -p deep/er; echo x > deep/er/file');
      const snapshot = await service.createSnapshot(id, { name: 'good' });
      expect(snapshot).toMatchObject({ sandbox: id, name: 'good' });
      await service.startProcess(id, { argv: ['sleep', '600'] });
      const before = await service.getSandbox(id);
      await sh(id, 'echo bad > state; rm -rf deep; echo new > extra');
      const after = await service.rollbackSandbox(id, snapshot.id);
      expect(after).toMatchObject({ id, state: 'ready', snapshot: snapshot.id });
      expect(after.incarnation).not.toBe(before.incarnation);
      expect(decode((await sh(id, 'cat state deep/er/file; ls')).stdout)).toBe('good\nx\ndeep\nstate\n');
      expect((await service.listProcesses(id)).filter(({ exit }) => exit === null)).toEqual([]);
    },
  ],
  [
    'snapshot-cycles',
    'ten cycles of write, snapshot and rollback lose nothing',
    async ({ box, service, sh }) => {
      const { id } = await box();
      const taken: string[] = [];
      for (let round = 0; round < 10; round++) {
        await sh(id, `echo ${round} > only-${round}; echo ${round} > last`);
        taken.push((await service.createSnapshot(id)).id);
      }
      for (const [round, snapshot] of taken.entries()) {
        await service.rollbackSandbox(id, snapshot);
        const listing = await sh(id, 'cat last; ls | wc -l');
        expect(decode(listing.stdout)).toBe(`${round}\n${round + 2}\n`);
      }
    },
  ],
  [
    'snapshot-lineage',
    'a snapshot knows what it came after',
    async ({ box, service, sh }) => {
      const { id } = await box();
      await sh(id, 'echo 1 > f');
      const first = await service.createSnapshot(id);
      await sh(id, 'echo 2 > f');
      const second = await service.createSnapshot(id);
      expect(second.parent).toBe(first.id);
      expect((await service.listSnapshots({ sandbox: id })).items.map((item) => item.id)).toEqual([
        first.id,
        second.id,
      ]);
    },
  ],
  [
    'fork',
    'forks start from the same files, go apart, and never share',
    async ({ box, service, sh }) => {
      const { id } = await box();
      await sh(id, 'echo common > f');
      const children = await service.forkSandbox(id, { count: 3 });
      expect(new Set([id, ...children.map((child) => child.id)]).size).toBe(4);
      await Promise.all(children.map((child, index) => sh(child.id, `echo ${index} >> f`)));
      const texts = await Promise.all(children.map(async (child) => decode((await sh(child.id, 'cat f')).stdout)));
      expect(texts).toEqual(['common\n0\n', 'common\n1\n', 'common\n2\n']);
      expect(decode((await sh(id, 'cat f')).stdout)).toBe('common\n');
    },
  ],
  [
    'create-from-snapshot',
    'a snapshot is usable as a template',
    async ({ box, service, sh }) => {
      const { id } = await box();
      await sh(id, 'echo kept > f');
      const snapshot = await service.createSnapshot(id);
      await service.destroySandbox(id);
      const next = await box({ template: snapshot.id });
      expect(decode((await sh(next.id, 'cat f')).stdout)).toBe('kept\n');
    },
  ],
  [
    'diff',
    'a diff names what was added, changed, deleted and re-moded, and its patch says it in text',
    async ({ box, service, sh }) => {
      const { id } = await box();
      await sh(id, 'echo one > keep; echo two > change; echo three > drop; echo four > mode');
      await service.createSnapshot(id);
      await sh(id, 'echo TWO > change; rm drop; chmod 700 mode; echo five > fresh');
      const { entries } = await service.diff({ to: id, path: '/workspace' });
      expect(entries.map(({ kind, path }) => `${kind} ${path}`).sort()).toEqual([
        'added /workspace/fresh',
        'deleted /workspace/drop',
        'mode /workspace/mode',
        'modified /workspace/change',
      ]);
      const patch = await service.patch({ to: id, path: '/workspace' });
      expect(patch).toContain('-two\n+TWO\n');
      expect(patch).toContain('old mode 100644\nnew mode 100755');
    },
  ],
];
