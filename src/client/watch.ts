/** The client's verbs on watches, findings and metrics. */
import type { HoldfastService } from '../schema/index.ts';
import type { Caller } from './call.ts';

type WatchVerbs = Pick<
  HoldfastService,
  | 'startWatch'
  | 'listWatches'
  | 'stopWatch'
  | 'runCanary'
  | 'listFindings'
  | 'getFinding'
  | 'acknowledgeFinding'
  | 'metrics'
>;

const watchPath = (id: string): string => `/watches/${encodeURIComponent(id)}`;
const findingPath = (id: string): string => `/findings/${encodeURIComponent(id)}`;

export const watchVerbs = (caller: Caller): WatchVerbs => ({
  startWatch: (input = {}, options) => caller.json('POST', '/watches', { json: input, options }),
  listWatches: (options) => caller.json('GET', '/watches', { options }),
  stopWatch: (id, options) => caller.nothing('DELETE', watchPath(id), { options }),
  runCanary: (id, input = {}, options) => caller.json('POST', `${watchPath(id)}/canaries`, { json: input, options }),
  listFindings: (query = {}, options) => caller.json('GET', '/findings', { query: { ...query }, options }),
  getFinding: (id, options) => caller.json('GET', findingPath(id), { options }),
  acknowledgeFinding: (id, input = {}, options) =>
    caller.json('POST', `${findingPath(id)}/acknowledge`, { json: input, options }),
  metrics: async (options) => new TextDecoder().decode(await caller.bytes('GET', '/metrics', { options })),
});
