/** The lines of the audit log on the disk, and the tree over them. Neighbours: log.ts, which opens them anew when they cannot be written. */
import type { AuditLine } from '../schema/index.ts';
import { ChainedLog, checkLink, corrupt, firstHash, type Head, type Spell } from '../state/index.ts';
import { auditFormat } from './entry.ts';
import type { Mark } from './head.ts';
import { Frontier } from './merkle.ts';

export class Lines extends ChainedLog<AuditLine> {
  #wasSeen = false;
  #broken: { cause: unknown } | null = null;

  append(spell: Spell): Head {
    this.#look();
    return this.add(spell);
  }

  appendLater(spell: Spell): Head {
    this.#look();
    return this.addLater(spell);
  }

  /** Whoever finds that something could not be written, all after that hear of it. */
  override handOver(): void {
    if (this.#broken) throw this.#broken.cause;
    try {
      super.handOver();
    } catch (cause) {
      this.#broken = { cause };
      throw cause;
    }
  }

  /** Once for all that is logged in one turn of the event loop: two looks cost as much as sealing does. */
  #look(): void {
    if (this.#wasSeen) return;
    this.mustBeThere();
    this.#wasSeen = true;
    setImmediate(() => {
      this.#wasSeen = false;
    });
  }
}

/** Goes on from what was signed, and checks how what came after follows. */
export async function treeOf(log: Lines, signed: Mark | null): Promise<Frontier> {
  const tree = new Frontier(signed?.tree);
  let previous: Head = signed ? { sequence: signed.tree.size, hash: signed.hash } : { sequence: 0, hash: firstHash };
  for await (const { entry, path, line } of log.entries(tree.size, log.last, () => true)) {
    const { problem } = checkLink(entry, previous);
    if (problem) throw corrupt(auditFormat, path, line, problem);
    tree.append(Buffer.from(entry.hash, 'hex'));
    previous = { sequence: entry.sequence, hash: entry.hash };
  }
  if (previous.hash !== log.last.hash) {
    const problem = { reason: 'it does not end as it was signed', expected: previous.hash, found: log.last.hash };
    throw corrupt(auditFormat, log.segments.at(-1)?.path ?? '', null, problem);
  }
  return tree;
}
