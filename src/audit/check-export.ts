/**
 * Whether an export is what it says, with nothing but the export and the public key: that each line has its hash, that the
 * tree which was signed has it, and that what it is said to say is what was sealed.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AuditProblem } from '../schema/index.ts';
import { readCheckpoint } from './checkpoint.ts';
import { hashOf, isLine } from './entry.ts';
import { isIncluded } from './merkle.ts';
import { exportFormat } from './read.ts';

const headSchema = z.looseObject({ format: z.literal(exportFormat), checkpoint: z.string(), publicKey: z.string() });
const entrySchema = z.strictObject({
  line: z.custom(isLine),
  body: z.unknown(),
  salt: z.string().nullable(),
  proof: z.strictObject({ index: z.int().min(0), size: z.int().min(0), path: z.array(z.string()).max(64) }),
});
const endSchema = z.strictObject({ end: z.literal(true), entries: z.int().min(0) });

export interface ExportReport {
  ok: boolean;
  entries: number;
  /** Whose key it was checked with; base64. */
  publicKey: string;
  problems: AuditProblem[];
}

/** @param publicKey the one that is trusted; absent: the one that stands in the export, which whoever made it chose */
export function checkExport(lines: readonly string[], publicKey?: string): ExportReport {
  const problems: AuditProblem[] = [];
  const wrong = (line: number, reason: string, sequence: number | null = null): void => {
    problems.push({ sequence, file: null, line, reason });
  };
  const head = headSchema.safeParse(parsed(lines[0]));
  if (!head.success) {
    wrong(1, 'it is no export of an audit log');
    return { ok: false, entries: 0, publicKey: publicKey ?? '', problems };
  }
  const trusted = publicKey ?? head.data.publicKey;
  const checkpoint = attempt(() => readCheckpoint(head.data.checkpoint, trusted));
  if (typeof checkpoint === 'string') wrong(1, `its checkpoint: ${checkpoint}`);
  let entries = 0;
  for (const [index, text] of lines.slice(1, -1).entries()) {
    const entry = entrySchema.safeParse(parsed(text));
    if (!entry.success) {
      wrong(index + 2, 'it is not an exported entry');
      continue;
    }
    entries++;
    const { line, body, salt, proof } = entry.data;
    const { hash, previousHash, ...facts } = line;
    if (hashOf(facts, previousHash) !== hash) wrong(index + 2, 'its hash is not the hash of its content', line.sequence);
    else if (typeof checkpoint !== 'string') {
      const isThere = proof.index === line.sequence - 1 && proof.size === checkpoint.size;
      if (!isThere || !isIncluded(Buffer.from(hash, 'hex'), proof, checkpoint.root))
        wrong(index + 2, 'it is not in the log that was signed', line.sequence);
    }
    if (salt !== null && contentOf(salt, body) !== line.content)
      wrong(index + 2, 'it does not say what was logged', line.sequence);
  }
  const end = endSchema.safeParse(parsed(lines.at(-1)));
  if (!end.success || end.data.entries !== entries) wrong(lines.length, 'its end is missing, or some of its entries are');
  return { ok: problems.length === 0, entries, publicKey: trusted, problems };
}

const contentOf = (salt: string, body: unknown): string =>
  createHash('sha256').update(Buffer.from(salt, 'hex')).update(JSON.stringify(body)).digest('hex');

function attempt<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function parsed(line: string | undefined): unknown {
  try {
    return JSON.parse(line ?? '');
  } catch {
    return null;
  }
}
