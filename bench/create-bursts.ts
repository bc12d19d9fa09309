/** Creates that come all at once, each to the answer of its first command. */
import type { HoldfastService, Isolation } from '../src/schema/index.ts';
import type { Plan } from './group.ts';
import { type Row, Samples } from './harness.ts';
import { sayHi } from './ours.ts';

const sizes = [1, 16, 64];
const largest = 64;

export interface BurstOf {
  /** Of its rows: the burst's size is added. */
  id: string;
  label: string;
  isolation: Isolation;
}

/** A value is how long one of them took, from the moment all were asked for. */
export async function createBursts(
  service: HoldfastService,
  plan: Plan,
  { id, label, isolation }: BurstOf,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of sizes) {
    const about = { id: `${id}-burst-${size}`, label: `${label}: create and first exec, one of ${size} at once` };
    const samples = new Samples(about);
    const { rounds } = plan.rounds(size === largest ? 2 : 4, 1);
    for (let round = 0; round < rounds; round++) await oneBurst(service, size, isolation, samples);
    rows.push(samples.row());
  }
  return rows;
}

async function oneBurst(service: HoldfastService, size: number, isolation: Isolation, samples: Samples): Promise<void> {
  const startedMs = performance.now();
  const made: string[] = [];
  const one = async (): Promise<void> => {
    try {
      const { id } = await service.createSandbox({ isolation });
      made.push(id);
      await sayHi(service, id);
      samples.add(performance.now() - startedMs);
    } catch (error) {
      samples.fail(error);
    }
  };
  await Promise.all(Array.from({ length: size }, one));
  await removeEach(service, made);
}

export async function removeEach(service: HoldfastService, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((id) => service.destroySandbox(id)));
}
