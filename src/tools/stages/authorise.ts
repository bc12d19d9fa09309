/** Only the tenant that owns a sandbox may act on it. Somebody else's is as absent as one that never was. */
import { HoldfastError } from '../../schema/index.ts';
import type { Store } from '../../state/index.ts';
import type { Stage } from '../types.ts';

export function authorise(store: Pick<Store, 'sandboxes'>): Stage {
  return async (call, next) => {
    const record = store.sandboxes.get(call.sandbox);
    if (!record || record.tenant !== call.tenant || record.pooled) {
      throw new HoldfastError('sandbox-not-found', `no sandbox ${call.sandbox}`, {
        hint: 'List the sandboxes to see which there are.',
        details: { sandbox: call.sandbox },
      });
    }
    return next();
  };
}
