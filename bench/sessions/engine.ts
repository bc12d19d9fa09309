/** What all durable engines are given to do, so that a step is the same work for each. */
import { randomBytes } from 'node:crypto';

export interface DurableEngine {
  id: string;
  label: string;
  /** Why it cannot run here. */
  skip?: string;
  /** A session of so many steps, one after the other; resolves when its end is on the disk. */
  run(steps: number): Promise<void>;
}

/** A step's result: 512 bytes that do not compress, as a text. */
export const result: string = randomBytes(384).toString('base64');

export interface PartsOfLabel {
  id: string;
  label: string;
}

export function missing({ id, label }: PartsOfLabel, skip: string): DurableEngine {
  return { id, label, skip, run: () => Promise.reject(new Error(skip)) };
}
