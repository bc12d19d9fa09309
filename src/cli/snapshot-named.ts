import { isHoldfastError } from '../schema/error-class.ts';
import type { HoldfastService, Snapshot } from '../schema/index.ts';

/** The newest of that name, or null. */
export async function snapshotNamed(
  service: Pick<HoldfastService, 'getSnapshot'>,
  name: string,
): Promise<Snapshot | null> {
  try {
    return await service.getSnapshot(name);
  } catch (error) {
    if (isHoldfastError(error) && error.code === 'snapshot-not-found') return null;
    throw error;
  }
}
