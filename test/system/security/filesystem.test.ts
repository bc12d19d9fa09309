/** Files as weapons: links and names that should lead the host or the agent elsewhere, trees that should exhaust or damage. */
import { lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, type Header, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Attacker, bytes, collected, text } from '../../fixtures/attacker.ts';

const secret = 'the secret of the host';
let attacker: Attacker;
/** A directory of the machine with a secret in it, and its path. */
let outside = '';

beforeAll(async () => {
  outside = await mkdtemp(join(tmpdir(), 'hf-outside-'));
  await writeFile(join(outside, 'secret'), secret);
  attacker = await Attacker.start();
});
afterAll(async () => {
  await attacker?.[Symbol.asyncDispose]();
  await rm(outside, { recursive: true });
});

const upward = '/..'.repeat(12);

/** Entries of a tar by name. */
async function entriesOf(tar: AsyncIterable<Uint8Array>): Promise<Map<string, { header: Header; content: string }>> {
  const found = new Map<string, { header: Header; content: string }>();
  const reader = extract();
  const feeding = pipeline(tar, reader);
  feeding.catch(() => undefined);
  // An entry of tar-stream yields buffers only.
  for await (const entry of reader as AsyncIterable<AsyncIterable<Uint8Array> & { header: Header }>) {
    found.set(entry.header.name, { header: entry.header, content: (await collected(entry)).toString('latin1') });
  }
  await feeding;
  return found;
}

/** A tar of entries without content. */
function tarOf(headers: (Partial<Header> & { name: string })[]): AsyncIterable<Uint8Array> {
  const tar = pack();
  for (const header of headers) tar.entry(header, header.type === undefined ? 'x' : '');
  tar.finalize();
  // A pack yields buffers only.
  return tar as AsyncIterable<Uint8Array>;
}

describe('the way out through the agent', () => {
  it.each(['agent', 'root'] as const)(
    'F6: no file verb of %s passes through a descriptor of the agent',
    async (user) => {
      const { service } = attacker;
      const box = await attacker.box({ user });
      await box.sh(`cd /tmp; for fd in 0 1 2 3 4 5 6 7 8 9; do ln -s /proc/self/fd/$fd${upward} out-$fd; done`);
      for (let fd = 0; fd < 10; fd++) {
        for (const way of [`/proc/self/fd/${fd}${upward}`, `/proc/1/fd/${fd}/..`, `/tmp/out-${fd}`]) {
          await expect(service.listFiles(box.id, way)).rejects.toMatchObject({ fault: 'caller' });
          await expect(service.statFile(box.id, `${way}/etc/passwd`)).rejects.toThrow();
          await expect(service.readFile(box.id, `${way}/etc/passwd`)).rejects.toThrow();
          await expect(service.writeFile(box.id, `${way}${outside}/written`, bytes('x'))).rejects.toThrow();
          await expect(service.makeDirectory(box.id, `${way}${outside}/made`)).rejects.toThrow();
          await expect(service.moveFile(box.id, '/tmp/out-0', `${way}${outside}/moved`)).rejects.toThrow();
          await expect(service.removeFile(box.id, `${way}${outside}/secret`)).rejects.toThrow();
        }
      }
      for (const way of ['/proc/self/root', '/proc/self/cwd', '/proc/1/root', '/proc/thread-self/root']) {
        await expect(service.listFiles(box.id, `${way}${upward}`)).rejects.toThrow();
      }
      expect(await readdir(outside)).toEqual(['secret']);
    },
  );

  it.each(['agent', 'root'] as const)('F6: no program of %s starts in a directory of the machine', async (user) => {
    const box = await attacker.box({ user });
    await box.sh(`cd /tmp; for fd in 3 4 5 6 7 8 9; do ln -s /proc/self/fd/$fd${upward} out-$fd; done`);
    for (let fd = 3; fd < 10; fd++) {
      for (const cwd of [
        `/proc/self/fd/${fd}`,
        `/proc/self/fd/${fd}${upward}`,
        `/proc/1/fd/${fd}${upward}`,
        `/tmp/out-${fd}`,
      ]) {
        await expect(box.run(['cat', `.${outside}/secret`], { cwd })).rejects.toThrow(
          /working directory|not found|links/,
        );
      }
    }
    // The default directory is the guest's to replace.
    if (user === 'root') {
      await box.sh(`mv /workspace /gone; ln -s /proc/self/fd/4${upward} /workspace`, { cwd: '/tmp' });
      await expect(box.run(['cat', `.${outside}/secret`])).rejects.toThrow();
    }
  });

  it('F10: what the agent knows of itself cannot be read or written through it', async () => {
    const box = await attacker.box({ user: 'root' });
    await box.sh('for name in environ mem; do ln -s /proc/self/$name /tmp/$name; done');
    for (const path of ['/proc/self/environ', '/proc/self/mem', '/proc/1/mem', '/tmp/environ', '/tmp/mem']) {
      const reading = attacker.service.readFile(box.id, path).then(({ content }) => collected(content));
      await expect(reading).rejects.toMatchObject({ code: 'permission-denied' });
    }
    await expect(attacker.service.writeFile(box.id, '/proc/self/mem', bytes('x'))).rejects.toThrow();
  });
});

describe('links', () => {
  it('F3: a link to the machine leads nobody there: verbs, diff, patch, export, import', async () => {
    const { service } = attacker;
    const box = await attacker.box();
    await box.sh('mkdir d && echo mine > d/secret && echo mine > f');
    const before = await service.createSnapshot(box.id);
    await box.sh(`rm -r d f && ln -s ${outside} d && ln -s ${outside}/secret f && ln -s ..${upward}${outside} up`);
    const after = await service.createSnapshot(box.id);
    for (const path of [
      '/workspace/d/secret',
      '/workspace/f',
      '/workspace/up/secret',
      `/workspace${upward}${outside}/secret`,
    ]) {
      await expect(service.readFile(box.id, path)).rejects.toMatchObject({ code: 'file-not-found' });
    }
    await expect(service.writeFile(box.id, '/workspace/d/written', bytes('x'))).rejects.toThrow();
    for (const source of [box.id, after.id]) {
      const tar = await collected(await service.exportFiles(source, { path: '/workspace' }));
      expect(tar.includes(secret)).toBe(false);
      for (const path of ['/workspace/d', '/workspace/d/secret', '/workspace/f', '/workspace/up/secret']) {
        const part = collected(await service.exportFiles(source, { path })).catch(() => Buffer.alloc(0));
        expect((await part).includes(secret)).toBe(false);
        const patch = service.patch({ from: before.id, to: source, path }).catch(() => '');
        expect(await patch).not.toContain(secret);
        await service.diff({ from: before.id, to: source, path }).catch(() => undefined);
      }
      expect(await service.patch({ from: before.id, to: source })).not.toContain(secret);
    }
    expect(await readdir(outside)).toEqual(['secret']);
  });

  it.each(['run', 'etc', 'usr', 'workspace'])(
    'F3: a snapshot whose /%s was turned into a link harms nobody',
    async (name) => {
      const { service } = attacker;
      const box = await attacker.box({ user: 'root' });
      await box.sh(`mv /${name} /moved || true; ln -s ${outside} /${name}; mkdir -p /moved/holdfast`, { cwd: '/' });
      const outcome = await service
        .forkSandbox(box.id)
        .then(([child]) => service.exec(child?.id ?? '', { argv: ['/bin/cat', `/${name}/secret`], cwd: '/' }))
        .then(
          ({ stdout }) => text(stdout),
          (error: { code: string }) => error.code,
        );
      expect(['', 'launch-failed', 'executable-not-found']).toContain(outcome);
      expect(await readdir(outside)).toEqual(['secret']);
      expect(await (await attacker.box()).sh('echo others live')).toBe('others live\n');
    },
  );

  it('F3: a tar cannot write through its own links, bring devices, or link to what it does not hold', async () => {
    const link = { name: 'link', type: 'symlink', linkname: outside } as const;
    const tars = [
      [link, { name: 'link/written' }],
      [link, { name: '../written' }],
      [{ name: join(outside, 'written') }],
      [{ name: 'device', type: 'character-device' }],
      [{ name: 'hard', type: 'link', linkname: '/etc/shadow' }],
      [link, { name: 'hard', type: 'link', linkname: 'link/secret' }],
    ] as const;
    for (const headers of tars) {
      const importing = attacker.service.importFiles(tarOf([...headers]), { path: '/workspace' });
      await expect(importing).rejects.toMatchObject({ code: 'invalid-argument' });
    }
    expect(await readdir(outside)).toEqual(['secret']);
  });

  it('F11: a template of a directory holds its links, not what they point to', async () => {
    const root = await mkdtemp(join(tmpdir(), 'hf-root-'));
    try {
      await mkdir(join(root, 'etc'));
      await symlink(join(outside, 'secret'), join(root, 'etc/link'));
      await attacker.service.buildTemplate({ name: 'links', from: 'directory', directory: root });
      const entries = await entriesOf(
        await attacker.service.exportFiles((await attacker.service.importFiles(tarOf([]), { template: 'links' })).id),
      );
      expect(entries.get('etc/link')?.header).toMatchObject({ type: 'symlink', linkname: join(outside, 'secret') });
    } finally {
      await rm(root, { recursive: true });
    }
  });
});

describe('marks of the overlay', () => {
  it('F3: forged marks hide nothing and reveal nothing', async () => {
    const { service } = attacker;
    const box = await attacker.box();
    await box.sh('mkdir d && echo kept > d/below');
    await service.createSnapshot(box.id);
    const forge = `import os
for name, value in (('opaque', b'y'), ('redirect', b'/../../..'), ('metacopy', b''), ('whiteouts', b'y'), ('whiteout', b'y')):
  for space in ('user.overlay.', 'trusted.overlay.', 'security.'):
    for path in ('d', 'd/below'):
      try: os.setxattr(path, space + name, value)
      except OSError as e: pass`;
    await box.run(['python3', '-c', forge]);
    const taken = await service.createSnapshot(box.id);
    const [fork] = await service.forkSandbox(taken.id);
    expect(text((await service.exec(fork?.id ?? '', { argv: ['cat', 'd/below'] })).stdout)).toBe('kept\n');
    expect((await entriesOf(await service.exportFiles(taken.id, { path: '/workspace' }))).get('d/below')?.content).toBe(
      'kept\n',
    );
  });
});

describe('what is no ordinary file', () => {
  it('F3: pipes, sockets, devices and loops end a verb at once', async () => {
    const { service } = attacker;
    const box = await attacker.box();
    await box.tree('things');
    const names = ['fifo', 'socket', 'loop', 'to-fifo', 'to-zero'];
    for (const name of names) {
      const path = `/workspace/${name}`;
      await expect(service.readFile(box.id, path, {}, { timeoutMs: 2000 })).rejects.toMatchObject({
        code: expect.not.stringMatching('deadline'),
      });
      await expect(service.writeFile(box.id, path, bytes('x'), { timeoutMs: 2000 })).rejects.toMatchObject({
        code: 'invalid-argument',
      });
    }
    expect(await service.searchFiles(box.id, { pattern: 'x' }, { timeoutMs: 2000 })).toMatchObject({ matches: [] });
    const diff = await service.diff({ to: box.id, path: '/workspace' });
    expect(diff.entries.map(({ path }) => path)).toEqual(
      expect.arrayContaining(names.map((name) => `/workspace/${name}`)),
    );
    expect(await service.patch({ to: box.id, path: '/workspace' })).not.toContain('\0');
    const entries = await entriesOf(await service.exportFiles(box.id, { path: '/workspace' }));
    expect(entries.get('to-zero')?.header.type).toBe('symlink');
    expect(entries.has('socket')).toBe(false);
  });

  it('F3: names that are no text, no line, or speak to a terminal break nothing and are quoted in patches', async () => {
    const { service } = attacker;
    const box = await attacker.box();
    const base = await service.createSnapshot(box.id);
    await box.tree('names');
    expect(await service.listFiles(box.id, '/workspace')).toHaveLength(10);
    const tar = await collected(await service.exportFiles(box.id, { path: '/workspace' }));
    for (const name of ['new\nline', '\x1b[2Jclear', 'tab\there', 'a\rb']) {
      expect(tar.includes(Buffer.from(name, 'latin1'))).toBe(true);
    }
    const patch = await service.patch({ from: base.id, to: box.id, path: '/workspace' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
    expect(patch).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]/);
    expect(patch).toContain('"b/workspace/\\033[2Jclear"');
  });

  it('F3: a file that changes under the reader gives some of its bytes or an error, never another file', async () => {
    const { service } = attacker;
    const box = await attacker.box();
    const { processId } = await service.startProcess(box.id, { argv: [await box.bring('tree'), 'restless', '20'] });
    await expect.poll(() => box.sh('ls')).toContain('restless');
    for (let round = 0; round < 20; round++) {
      const read = await service
        .readFile(box.id, '/workspace/restless')
        .then(({ content }) => collected(content))
        .catch(() => Buffer.alloc(0));
      expect(read.every((byte) => byte === 0)).toBe(true);
      const exported = await service
        .exportFiles(box.id, { path: '/workspace' })
        .then(entriesOf)
        .catch((error: { code: string }) => error.code);
      if (typeof exported === 'string') expect(exported).toBe('busy');
    }
    const { id } = await service.createSnapshot(box.id);
    await service.verifySnapshot(id);
    await service.signalProcess(box.id, processId, 'SIGKILL');
  });
});

describe('trees that should exhaust or damage', () => {
  it('F12: directories nested 5000 deep fail one snapshot and no daemon', async () => {
    await using victim = await Attacker.start({ ephemeral: false });
    const box = await victim.box();
    await box.tree('deep', 5000);
    await expect(victim.service.createSnapshot(box.id)).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(victim.service.exportFiles(box.id, {}).then(collected)).rejects.toMatchObject({
      code: 'invalid-argument',
    });
    expect(await box.sh('echo alive > f; cat f')).toBe('alive\n');
    await victim.restart();
    expect(victim.runtime.recovered).toMatchObject({ adopted: 1 });
    const { stdout } = await victim.service.exec(box.id, { argv: ['cat', 'f'] });
    expect(text(stdout)).toBe('alive\n');
    await victim.service.destroySandbox(box.id);
    await victim.service.prune({ snapshots: true });
    await expect.poll(() => readdir(join(victim.home, 'trash')), { timeout: 10_000 }).toEqual([]);
    expect(await readdir(join(victim.home, 'sandboxes'))).toEqual([]);
  });

  it('F12: a directory of 10,000 entries is listed, compared, exported and removed', async () => {
    const { service } = attacker;
    const box = await attacker.box();
    await box.tree('many', 10_000);
    expect(await service.listFiles(box.id, '/workspace')).toHaveLength(10_000);
    expect((await service.diff({ to: box.id, path: '/workspace' })).entries).toHaveLength(10_000);
    expect(await entriesOf(await service.exportFiles(box.id, { path: '/workspace' }))).toHaveProperty('size', 10_000);
    await service.destroySandbox(box.id);
  });

  it('F12: a sparse file of a terabyte costs neither time nor disk', async () => {
    const { service } = attacker;
    const box = await attacker.box();
    await box.sh('truncate -s 1T big');
    const started = performance.now();
    const rotated = await service.createSnapshot(box.id);
    expect(rotated).toMatchObject({ method: 'rotate', addedBytes: 2 ** 40 });
    await service.startProcess(box.id, { argv: ['sleep', '60'] });
    await box.sh('truncate -s 2T other');
    expect(await service.createSnapshot(box.id)).toMatchObject({ method: 'copy' });
    await service.forkSandbox(rotated.id);
    await expect(service.patch({ from: rotated.id, to: box.id })).rejects.toMatchObject({ code: 'file-too-large' });
    let sent = 0;
    for await (const part of await service.exportFiles(box.id, { path: '/workspace' })) {
      sent += part.length;
      if (sent > 2 ** 22) break;
    }
    expect(performance.now() - started).toBeLessThan(5000);
    expect(await box.sh('echo alive')).toBe('alive\n');
  });
});

it('F1: a protected path that does not exist yet cannot be made on the machine', async () => {
  const box = await attacker.box({ user: 'root' });
  const name = `hf-planted-${process.pid}`;
  const places = [
    '/etc/cron.d',
    '/etc/ld.so.preload.d',
    '/root/.ssh',
    '/usr/lib',
    '/usr/local/bin',
    '/tmp',
    '/dev/shm',
    attacker.home,
    '/lib',
  ];
  try {
    for (const place of places) await box.sh(`mkdir -p ${place}; echo x > ${place}/${name}`, { cwd: '/' });
    for (const place of places) await expect(lstat(join(place, name))).rejects.toThrow();
    expect(await box.sh(`touch /usr/${name} /usr/bin/${name}`, { cwd: '/' })).toMatch(/Read-only.*\n.*Read-only/);
  } finally {
    // What got through, if anything did.
    for (const place of [...places, '/usr', '/usr/bin']) await rm(join(place, name), { force: true });
  }
});
