/** The client's verbs on networks, secrets and tapes. */
import type { CallOptions, HoldfastService, NetworkFlow, NetworkFlowQuery } from '../schema/index.ts';
import { mediaTypes } from '../schema/wire.ts';
import type { Caller } from './call.ts';
import { sandboxPath } from './sandboxes.ts';
import { readEvents } from './sse.ts';

type NetworkVerbs = Pick<
  HoldfastService,
  | 'setNetwork'
  | 'explainNetwork'
  | 'networkFlows'
  | 'putSecret'
  | 'listSecrets'
  | 'deleteSecret'
  | 'rotateSecretKey'
  | 'listTapes'
  | 'exportTape'
  | 'deleteTape'
>;

const secretPath = (name: string): string => `/secrets/${encodeURIComponent(name)}`;
const tapePath = (id: string): string => `/tapes/${encodeURIComponent(id)}`;

export const networkVerbs = (caller: Caller): NetworkVerbs => ({
  setNetwork: (ref, network, options) =>
    caller.json('PUT', `${sandboxPath(ref)}/network`, { json: { network }, options }),
  explainNetwork: (ref, question, options) =>
    caller.json('POST', `${sandboxPath(ref)}/network/explain`, { json: question, options }),
  networkFlows: (ref, query = {}, options) => flows(caller, ref, query, options),
  putSecret: (name, value, options) => caller.json('PUT', secretPath(name), { bytes: value, options }),
  listSecrets: (options) => caller.json('GET', '/secrets', { options }),
  deleteSecret: (name, options) => caller.nothing('DELETE', secretPath(name), { options }),
  rotateSecretKey: (options) => caller.nothing('POST', '/secrets/rotate-key', { options }),
  listTapes: (options) => caller.json('GET', '/tapes', { options }),
  exportTape: async (id, options) => (await caller.stream('GET', `${tapePath(id)}/har`, { options })).content,
  deleteTape: (id, options) => caller.nothing('DELETE', tapePath(id), { options }),
});

async function* flows(
  caller: Caller,
  ref: string,
  query: NetworkFlowQuery,
  options: CallOptions | undefined,
): AsyncGenerator<NetworkFlow, void, undefined> {
  const init = { query: { ...query }, accept: mediaTypes.events, options };
  const { content } = await caller.stream('GET', `${sandboxPath(ref)}/network/flows`, init);
  // The stream's events are `flow`s.
  for await (const { data } of readEvents(content)) yield data as NetworkFlow;
}
