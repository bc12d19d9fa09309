/**
 * In which order kernel modules can be loaded: each says in itself which others it needs, and that changes from one release of
 * a kernel to the next.
 */
import { HoldfastError } from '../../schema/index.ts';
import type { KitFile } from './kernel.ts';

const mark = Buffer.from('\0depends=', 'latin1');

/** The same modules, each behind those it needs. One that needs another than these is refused. */
export function orderModules(files: readonly KitFile[]): KitFile[] {
  const byName = new Map(files.map((file) => [nameOf(file), file]));
  const ordered: KitFile[] = [];
  const begun = new Set<string>();
  const place = (name: string, by: string): void => {
    const file = byName.get(name);
    if (!file) throw incomplete(`the module ${by} needs ${name}, which is not among those a machine has`);
    if (ordered.includes(file)) return;
    if (begun.has(name)) throw incomplete(`the module ${name} needs itself`);
    begun.add(name);
    for (const needed of neededBy(file)) place(needed, name);
    ordered.push(file);
  };
  for (const name of byName.keys()) place(name, name);
  return ordered;
}

/** A module's name as others write it. */
function nameOf(file: KitFile): string {
  return file.name.replace(/\.ko$/, '').replaceAll('-', '_');
}

/** From its section of NAME=VALUE texts, each ended by a NUL. */
function neededBy(file: KitFile): string[] {
  const bytes = Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength);
  const at = bytes.indexOf(mark);
  if (at < 0) return [];
  const start = at + mark.length;
  const text = bytes.toString('latin1', start, bytes.indexOf(0, start));
  return text.split(',').filter((name) => name !== '');
}

function incomplete(why: string): HoldfastError {
  return new HoldfastError('capability-missing', `this kernel cannot be used for machines: ${why}`, {
    hint: 'Give a package linux-image-6.1.*-cloud-amd64 of Debian 12, or build a kernel.',
  });
}
