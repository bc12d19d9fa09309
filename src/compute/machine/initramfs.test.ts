/** The archive is one a kernel reads, and the same for the same content. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packInitramfs } from './initramfs.ts';

const hasCpio = spawnSync('cpio', ['--version']).status === 0;
const guest = Buffer.from('the guest binary');
const modules = [
  { name: 'virtio', bytes: Buffer.from('first') },
  { name: 'overlay', bytes: Buffer.alloc(5000, 7) },
];

describe('an initramfs', () => {
  it.skipIf(!hasCpio)('is unpacked by cpio to what was packed (needs cpio)', () => {
    const directory = mkdtempSync(join(tmpdir(), 'hf-initramfs-'));
    try {
      const listed = execFileSync('cpio', ['-t', '--quiet'], {
        input: packInitramfs(guest, modules),
        encoding: 'utf8',
      });
      expect(listed.trim().split('\n')).toEqual([
        'dev',
        'dev/console',
        'init',
        'modules',
        'modules/00-virtio.ko',
        'modules/01-overlay.ko',
      ]);
      const options = ['-id', '--quiet', 'init', 'modules/*'];
      execFileSync('cpio', options, { input: packInitramfs(guest, modules), cwd: directory });
      expect(readFileSync(join(directory, 'init'))).toEqual(guest);
      expect(readFileSync(join(directory, 'modules/01-overlay.ko'))).toEqual(modules[1]?.bytes);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('is the same bytes for the same content, in whole blocks', () => {
    const packed = packInitramfs(guest, modules);
    expect(packInitramfs(guest, modules).equals(packed)).toBe(true);
    expect(packed.length % 512).toBe(0);
    expect(packInitramfs(guest, []).equals(packed)).toBe(false);
    expect(packed.toString('latin1', 0, 6)).toBe('070701');
  });
});
