/**
 * Whether an export is what it says, with nothing but the export and the public key: that each line has its hash, that the
 * tree which was signed has it, and that what it is said to say is what was sealed.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AuditLine, AuditProblem } from '../schema/index.ts';
import { type Checkpoint, readCheckpoint } from './checkpoint.ts';
import { hashOf, isLine } from './entry.ts';
import { isIncluded } from './merkle.ts';
import { exportFormat } from './read.ts';

const headSchema = z.looseObject({ format: z.literal(exportFormat), checkpoint: z.string(), publicKey: z.string() });
const entrySchema = z.strictObject({
  line: z.custom<AuditLine>(isLine),
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
export async function checkExport(lines: AsyncIterable<string>, publicKey?: string): Promise<ExportReport> {
  const check = new ExportCheck(publicKey);
  for await (const line of lines) check.take(line);
  return check.report();
}

class ExportCheck {
  readonly #problems: AuditProblem[] = [];
  #publicKey: string | undefined;
  #checkpoint: Checkpoint | null = null;
  #line = 0;
  #entries = 0;
  #hasEnd = false;

  constructor(publicKey: string | undefined) {
    this.#publicKey = publicKey;
  }

  take(text: string): void {
    this.#line++;
    const value = parsed(text);
    if (this.#line === 1) {
      this.#head(value);
      return;
    }
    const end = endSchema.safeParse(value);
    if (this.#hasEnd) this.#wrong('it stands after the end');
    else if (end.success) {
      this.#hasEnd = true;
      if (end.data.entries !== this.#entries) this.#wrong(`it has ${this.#entries} of ${end.data.entries} entries`);
    } else this.#entry(value);
  }

  report(): ExportReport {
    if (!this.#hasEnd) this.#wrong('its end is missing');
    const problems = this.#problems;
    return { ok: problems.length === 0, entries: this.#entries, publicKey: this.#publicKey ?? '', problems };
  }

  #head(value: unknown): void {
    const head = headSchema.safeParse(value);
    if (!head.success) {
      this.#wrong('it is no export of an audit log');
      return;
    }
    this.#publicKey ??= head.data.publicKey;
    try {
      this.#checkpoint = readCheckpoint(head.data.checkpoint, this.#publicKey);
    } catch (error) {
      this.#wrong(`its checkpoint: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #entry(value: unknown): void {
    this.#entries++;
    const entry = entrySchema.safeParse(value);
    if (!entry.success) {
      this.#wrong('it is not an exported entry');
      return;
    }
    const { line, body, salt, proof } = entry.data;
    const { hash, previousHash, ...facts } = line;
    if (hashOf(facts, previousHash) !== hash) {
      this.#wrong('its hash is not the hash of its content', line.sequence);
      return;
    }
    const isThere = proof.index === line.sequence - 1 && proof.size === this.#checkpoint?.size;
    if (!isThere || !this.#checkpoint || !isIncluded(Buffer.from(hash, 'hex'), proof, this.#checkpoint.root)) {
      this.#wrong('it is not in the log that was signed', line.sequence);
    }
    if (salt !== null && contentOf(salt, body) !== line.content) {
      this.#wrong('it does not say what was logged', line.sequence);
    }
  }

  #wrong(reason: string, sequence: number | null = null): void {
    this.#problems.push({ sequence, file: null, line: this.#line, reason });
  }
}

const contentOf = (salt: string, body: unknown): string =>
  createHash('sha256').update(Buffer.from(salt, 'hex')).update(JSON.stringify(body)).digest('hex');

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
