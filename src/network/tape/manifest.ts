/** Reads and replaces `tape.json`. Replaced as a whole: a reader sees the open tape or the closed one. */
import { join, readFileIfPresent, writeFileAtomic } from '../../base/index.ts';
import { type ClosedTape, corruptTape, manifestName, manifestSchema, type TapeManifest } from './format.ts';

/** Null when there is no tape in the directory. */
export async function readManifest(directory: string): Promise<TapeManifest | null> {
  const path = join(directory, manifestName);
  const text = await readFileIfPresent(path);
  if (text === null) return null;
  const parsed = manifestSchema.safeParse(parseJson(text));
  if (!parsed.success) throw corruptTape(path, 'it is no manifest of this format');
  return parsed.data;
}

export async function writeManifest(directory: string, manifest: TapeManifest): Promise<void> {
  await writeFileAtomic(join(directory, manifestName), `${JSON.stringify(manifest, null, 2)}\n`, { sync: true });
}

export async function closeManifest(directory: string, closed: ClosedTape): Promise<void> {
  const manifest = await readManifest(directory);
  if (!manifest) throw corruptTape(join(directory, manifestName), 'it is missing');
  await writeManifest(directory, { ...manifest, writer: null, closed });
}

/** Null for what is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
