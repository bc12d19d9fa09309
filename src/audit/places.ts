/**
 * The second place: where signed checkpoints go, so that who can rewrite the log cannot rewrite what it was.
 *
 * 1. A checkpoint is written once and never replaced.
 * 2. A directory can be read back, for comparing. An address takes checkpoints and gives none: who keeps them there brings
 *    them along when the log is verified.
 */
import { createKeyFile, join, makePrivateDirectory, postBytes, readdir, readFile } from '../base/index.ts';
import { HoldfastError } from '../schema/index.ts';

export interface Place {
  /** For people. */
  readonly name: string;
  put(size: number, note: string): Promise<void>;
  /** Null: it cannot be read from here. */
  all(): Promise<string[] | null>;
}

const putWithinMs = 10_000;
const fileName = (size: number): string => `${String(size).padStart(15, '0')}.checkpoint`;

/** @param place a directory, or an http or https address that takes a POST */
export function openPlace(place: string): Place {
  return /^https?:\/\//.test(place) ? addressPlace(place) : directoryPlace(place);
}

function directoryPlace(directory: string): Place {
  return {
    name: directory,
    async put(size, note) {
      await makePrivateDirectory(directory);
      // Whole or not there, and never in place of another: as keys are.
      await createKeyFile(join(directory, fileName(size)), Buffer.from(note)).catch((error: unknown) => {
        if (codeOf(error) !== 'EEXIST') throw error;
      });
    },
    async all() {
      const names = await readdir(directory).catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return [];
        throw error;
      });
      const notes = names.filter((name) => /^\d{15}\.checkpoint$/.test(name)).sort();
      return Promise.all(notes.map((name) => readFile(join(directory, name), 'utf8')));
    },
  };
}

function addressPlace(url: string): Place {
  return {
    name: url,
    async put(size, note) {
      const headers = { 'content-type': 'text/plain; charset=utf-8', 'holdfast-checkpoint-size': String(size) };
      const { status } = await postBytes(url, { headers, body: Buffer.from(note), timeoutMs: putWithinMs });
      if (status >= 200 && status < 300) return;
      throw new HoldfastError('network-unreachable', `the second place ${url} answered ${status} to a checkpoint`, {
        hint: 'It has to take a POST and answer with a status of 2xx; it is tried again.',
      });
    },
    all: async () => null,
  };
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : null);
