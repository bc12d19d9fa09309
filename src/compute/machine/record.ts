/**
 * What a restarted daemon must know of a machine beside its identity; kept in the sandbox's own directory, which goes with
 * it. Written by us only.
 */
import { readFileIfPresent, writeFileAtomic } from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import type { MachineShape } from './arguments.ts';
import type { InsideIdentity } from './client.ts';
import type { MachineDriver } from './driver.ts';
import type { BaseImage } from './images.ts';

/** What runs a machine, as it was when that began: nothing else can take up what is saved of it. */
export interface MadeWith {
  driver: MachineDriver['name'];
  /** sha256 of its program, hex. */
  program: string;
  processor: string;
  accelerator: MachineShape['accelerator'];
}

export interface MachineRecord {
  format: 2;
  /** Null: nobody wrote it down when it began. */
  madeWith: MadeWith | null;
  inside: InsideIdentity;
  /** The root as it is mounted inside. */
  layers: string[];
  generation: string;
  /** Layers that lie in the machine. */
  held: string[];
  /** So many uppers and copies were named in there. */
  uppers: number;
  shape: MachineShape;
  /** What its memory was restored from. */
  memory: string;
  /** Its own disk's file, or null. */
  disk: string | null;
  keepsPowers: boolean;
  image: BaseImage;
  /** Whether it stands still, as a caller asked. */
  frozen: boolean;
  /** Whether its sandbox may stand still inside, by us: its machine is not let go without it. */
  heldInside?: boolean;
  /** Whether whoever saves it may have stopped it, and brought its channels to rest. */
  saving?: boolean;
  /** The directory on this machine that stands for what it writes to. */
  upper: string;
}

/** Of one that was just made from a saved memory, with its template as its root. */
export function firstRecord(
  made: Pick<MachineRecord, 'madeWith' | 'inside' | 'shape' | 'memory' | 'disk' | 'keepsPowers' | 'image' | 'upper'>,
): MachineRecord {
  return { format: 2, layers: [], generation: '0', held: [], uppers: 1, frozen: false, ...made };
}

export async function readRecord(path: string, sandbox: string): Promise<MachineRecord> {
  const text = await readFileIfPresent(path);
  try {
    const found = text === null ? null : (JSON.parse(text) as Omit<MachineRecord, 'format'> & { format: number });
    if (found?.format === 2) return { ...found, format: 2 };
    if (found?.format === 1) return { ...found, format: 2, madeWith: null };
  } catch {
    // Said below.
  }
  throw new HoldfastError('sandbox-died', `nothing is known of the virtual machine of sandbox ${sandbox}`, {
    hint: 'Its start was not finished; destroy it and create another.',
  });
}

export function writeRecord(path: string, record: MachineRecord): Promise<void> {
  return writeFileAtomic(path, JSON.stringify(record));
}
