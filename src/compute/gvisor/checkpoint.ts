/**
 * What a sandbox of gVisor that sleeps on disk is bound to: the runsc that ran it since it began, this processor, and its own bytes.
 *
 * 1. The runsc is noted when a sandbox is launched; what is on the machine later may be another one.
 * 2. The note of an image is written last, and all of the image is on the disk before.
 */
import {
  dirname,
  join,
  machineFacts,
  readdir,
  readFileIfPresent,
  type Scope,
  syncDirectory,
  syncFile,
  writeFileAtomic,
} from '../../base/index.ts';
import { HoldfastError } from '../../schema/index.ts';
import { digestOf, stampOf } from '../file-digest.ts';
import type { Runsc } from './runsc.ts';

/** Written last by whoever makes an image. */
const imageNote = 'image.json';
/** In a sandbox's bundle. */
const launchNote = 'made-with.json';

export interface MadeWith {
  /** For people. */
  version: string;
  /** sha256 of the program, hex. */
  program: string;
  processor: string;
}

interface ImageNote {
  format: 2;
  madeWith: MadeWith;
  /** sha256 of each file, hex. */
  files: Record<string, string>;
}

/** Reads a program once, until it is another one. */
export class ProgramDigests {
  readonly #known = new Map<string, { stamp: string; digest: string }>();
  #processor: string | null = null;

  async of({ program, version }: Runsc, scope: Scope): Promise<MadeWith> {
    // Before it is read: what is put in its place meanwhile is seen the next time.
    const stamp = await stampOf([program]);
    let known = this.#known.get(program);
    if (known?.stamp !== stamp) {
      known = { stamp, digest: await digestOf(program, scope) };
      this.#known.set(program, known);
    }
    this.#processor ??= (await machineFacts('/')).processor;
    return { version, program: known.digest, processor: this.#processor };
  }
}

export const noteLaunch = (bundle: string, madeWith: MadeWith): Promise<void> =>
  writeFileAtomic(join(bundle, launchNote), JSON.stringify(madeWith));

/** Null: nobody wrote it down. */
export async function noteOfLaunch(bundle: string): Promise<MadeWith | null> {
  const text = await readFileIfPresent(join(bundle, launchNote));
  return text === null ? null : (JSON.parse(text) as MadeWith);
}

/** Of a whole image in `directory`, and nothing else in there. */
export async function sealImage(directory: string, madeWith: MadeWith, scope: Scope): Promise<void> {
  const files: Record<string, string> = {};
  for (const name of (await readdir(directory)).toSorted()) {
    files[name] = await digestOf(join(directory, name), scope);
    await syncFile(join(directory, name));
  }
  const note: ImageNote = { format: 2, madeWith, files };
  await writeFileAtomic(join(directory, imageNote), JSON.stringify(note), { sync: true });
  await syncDirectory(dirname(directory));
}

/** @throws HoldfastError `capability-missing` when something else is here than made it, `snapshot-corrupt` */
export async function checkImage(directory: string, here: MadeWith, scope: Scope): Promise<void> {
  const { madeWith, files } = await readNote(directory);
  mustBeMadeWith(madeWith, here);
  const names = (await readdir(directory)).filter((name) => name !== imageNote).toSorted();
  if (names.join('/') !== Object.keys(files).join('/')) throw damaged('list of files');
  for (const name of names) {
    if ((await digestOf(join(directory, name), scope)) !== files[name]) throw damaged(name);
  }
}

export function mustBeMadeWith(made: MadeWith | null, here: MadeWith): MadeWith {
  const differs =
    made === null ? 'program' : (['program', 'processor'] as const).find((one) => made[one] !== here[one]);
  if (made !== null && differs === undefined) return made;
  const was = made === null ? 'one that nobody wrote down' : `${made.version} (${made.program.slice(0, 12)})`;
  throw new HoldfastError(
    'capability-missing',
    `the sandbox began under runsc ${was} on ${made?.processor ?? 'some processor'}, and here is ${here.version} (${here.program.slice(0, 12)}) on ${here.processor}`,
    {
      hint: 'Wake it with the runsc that made it, or go on from its files.',
      details: { differs: differs ?? 'program' },
    },
  );
}

async function readNote(directory: string): Promise<ImageNote> {
  const text = await readFileIfPresent(join(directory, imageNote));
  try {
    const note = text === null ? null : (JSON.parse(text) as ImageNote);
    if (note?.format === 2) return note;
  } catch {
    // Said below.
  }
  throw damaged('note');
}

function damaged(what: string): HoldfastError {
  return new HoldfastError('snapshot-corrupt', `the saved ${what} of this sandbox is not what was saved`, {
    hint: 'Start anew from its last snapshot.',
  });
}
