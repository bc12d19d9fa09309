/**
 * What is known of the log besides its lines: the newest checkpoint with the frontier of its tree, so that a start reads
 * only what came after, and where what is kept begins. It is checked against our signature: who forges it has to have the key.
 */
import { z } from 'zod';
import { join, readFileIfPresent, writeFileAtomic } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';
import { readCheckpoint } from './checkpoint.ts';
import { Frontier } from './merkle.ts';

const hex = z.string().regex(/^[0-9a-f]{64}$/);
const mark = z.strictObject({
  /** Signed. */
  checkpoint: z.string().max(4096),
  tree: z.strictObject({ size: z.int().min(0), nodes: z.array(hex).max(64) }),
  /** Of the entry that is the tree's last. */
  hash: hex,
});
export type Mark = z.infer<typeof mark>;

const headSchema = z.strictObject({
  version: z.literal(1),
  newest: mark.nullable(),
  /** What was deleted after its time: all before this segment. */
  deleted: z.strictObject({ ...mark.shape, segment: z.int().min(2) }).nullable(),
});
export type HeadFile = z.infer<typeof headSchema>;

const pathOf = (directory: string): string => join(directory, 'head.json');

/** @throws HoldfastError `audit-corrupt` when it is not what was signed */
export async function readHead(directory: string, publicKey: string): Promise<HeadFile> {
  const path = pathOf(directory);
  const text = await readFileIfPresent(path);
  if (text === null) return { version: 1, newest: null, deleted: null };
  const parsed = headSchema.safeParse(parsedJson(text));
  if (!parsed.success) throw notOurs(path, 'it is damaged');
  for (const each of [parsed.data.newest, parsed.data.deleted]) {
    if (!each) continue;
    const problem = problemOf(each, publicKey);
    if (problem !== null) throw notOurs(path, problem);
  }
  return parsed.data;
}

export async function writeHead(directory: string, head: HeadFile): Promise<void> {
  await writeFileAtomic(pathOf(directory), JSON.stringify(head), { sync: true });
}

function problemOf({ checkpoint, tree }: Mark, publicKey: string): string | null {
  try {
    const { size, root } = readCheckpoint(checkpoint, publicKey);
    const isSame = size === tree.size && new Frontier(tree).root().equals(root);
    return isSame ? null : 'its tree is not the one that was signed';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function notOurs(path: string, why: string): HoldfastError {
  return new HoldfastError('audit-corrupt', `${path} cannot be used: ${why}`, {
    hint: 'Keep it as evidence, bring it back from a backup, and run holdfast audit verify.',
    details: { file: path },
  });
}
