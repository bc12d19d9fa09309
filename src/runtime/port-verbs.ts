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
      const opened = kept(() => dialInside(core, { tenant, sandbox, port }, options));
      await perform(sandbox, 'connect-port', { port }, async () => {
        await opened.run();
        return null;
      });
      return connectionOf(await opened.value);
    },
    sharePort: async (ref, input) => {
      const sandbox = idOf(ref);
      const { port, visibility, expiresInMs } = parseInput(sharePortSchema, input, 'share');
      const shared = kept(() => core.previews.share(tenant, sandbox, input));
      await perform(sandbox, 'share-port', { port, visibility, expiresInMs }, async () => {
        const { id, expiresAt } = await shared.run();
        return { preview: id, expiresAt };
      });
      return await shared.value;
    },
    listPreviews: async (ref) => core.previews.list(idOf(ref)),
    revokePreview: async (ref, id) => {
      const sandbox = idOf(ref);
      await perform(sandbox, 'revoke-preview', { preview: id }, async () => {
        core.previews.revoke(tenant, sandbox, id);
        return null;
      });
    },
  };
}

/** The result goes around the door's record: it is a secret (a link lets its holder in), or no data at all. */
function kept<T>(work: () => Promise<T>): { run(): Promise<T>; value: Promise<T> } {
  const { promise, resolve } = Promise.withResolvers<T>();
  const run = async (): Promise<T> => {
    const value = await work();
    resolve(value);
    return value;
  };
  return { run, value: promise };
}
