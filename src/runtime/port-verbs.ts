/** Verbs about ports inside a sandbox: connect to one, share one, take it back. */
import { type HoldfastService, parseInput, portSchema, sharePortSchema } from '../schema/index.ts';
import type { Core } from './core.ts';
import { connectionOf, dialInside } from './dial.ts';
import { effects } from './effect.ts';

type PortVerbs = Pick<HoldfastService, 'connectPort' | 'sharePort' | 'listPreviews' | 'revokePreview'>;

export function portVerbs(core: Core, tenant: string): PortVerbs {
  const perform = effects(core, tenant);
  const idOf = (ref: string): string => core.controller.find(tenant, ref).id;
  return {
    connectPort: async (ref, input, options) => {
      const port = parseInput(portSchema, input, 'port');
      const sandbox = idOf(ref);
      return perform(sandbox, 'connect-port', { port }, async () =>
        connectionOf(await dialInside(core, { tenant, sandbox, port }, options)),
      );
    },
    sharePort: async (ref, input) => {
      const sandbox = idOf(ref);
      const { port, visibility, expiresInMs } = parseInput(sharePortSchema, input, 'share');
      const subject = { port, visibility, expiresInMs };
      return perform(sandbox, 'share-port', subject, () => core.previews.share(tenant, sandbox, input));
    },
    listPreviews: async (ref) => core.previews.list(idOf(ref)),
    revokePreview: async (ref, id) => {
      const sandbox = idOf(ref);
      await perform(sandbox, 'revoke-preview', { preview: id }, async () => core.previews.revoke(tenant, sandbox, id));
    },
  };
}
