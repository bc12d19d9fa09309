/** The client's verbs on durable sessions and approvals. */
import type { HoldfastService, SessionEntry, SessionUpdate } from '../schema/index.ts';
import { mediaTypes } from '../schema/wire.ts';
import type { Caller } from './call.ts';
import { readEvents } from './sse.ts';

type SessionVerbs = Pick<
  HoldfastService,
  | 'startSession'
  | 'getSession'
  | 'listSessions'
  | 'sendToSession'
  | 'pauseSession'
  | 'resumeSession'
  | 'cancelSession'
  | 'removeSession'
  | 'cancelSessions'
  | 'stopAgents'
  | 'allowAgents'
  | 'listStops'
  | 'forkSession'
  | 'sessionEntries'
  | 'sessionUpdates'
  | 'listApprovals'
  | 'decideApproval'
>;

const sessionPath = (ref: string): string => `/sessions/${encodeURIComponent(ref)}`;

export const sessionVerbs = (caller: Caller): SessionVerbs => ({
  startSession: (input, options) => caller.json('POST', '/sessions', { json: input, options }),
  getSession: (ref, options) => caller.json('GET', sessionPath(ref), { options }),
  listSessions: (query = {}, options) => caller.json('GET', '/sessions', { query: { ...query }, options }),
  sendToSession: (ref, input, options) => caller.json('POST', `${sessionPath(ref)}/events`, { json: input, options }),
  pauseSession: (ref, options) => caller.json('POST', `${sessionPath(ref)}/pause`, { options }),
  resumeSession: (ref, options) => caller.json('POST', `${sessionPath(ref)}/resume`, { options }),
  cancelSession: (ref, options) => caller.json('POST', `${sessionPath(ref)}/cancel`, { options }),
  removeSession: (ref, options) => caller.nothing('DELETE', sessionPath(ref), { options }),
  cancelSessions: (input = {}, options) => caller.json('POST', '/sessions/cancel', { json: input, options }),
  stopAgents: (input = {}, options) => caller.json('POST', '/agents/stop', { json: input, options }),
  allowAgents: (input = {}, options) => caller.json('POST', '/agents/allow', { json: input, options }),
  listStops: (options) => caller.json('GET', '/agents/stops', { options }),
  forkSession: (ref, input = {}, options) => caller.json('POST', `${sessionPath(ref)}/fork`, { json: input, options }),
  async *sessionEntries(ref, query = {}, options): AsyncGenerator<SessionEntry, void, undefined> {
    const init = { query: { ...query }, accept: mediaTypes.events, options };
    const { content } = await caller.stream('GET', `${sessionPath(ref)}/entries`, init);
    // The stream's events are `SessionEntry`s, named by their kind.
    for await (const { data } of readEvents(content)) yield data as SessionEntry;
  },
  async *sessionUpdates(ref, query = {}, options): AsyncGenerator<SessionUpdate, void, undefined> {
    const init = { query: { ...query }, accept: mediaTypes.events, options };
    const { content } = await caller.stream('GET', `${sessionPath(ref)}/updates`, init);
    // The stream's events are `SessionUpdate`s, named by their type.
    for await (const { data } of readEvents(content)) yield data as SessionUpdate;
  },
  listApprovals: (options) => caller.json('GET', '/approvals', { options }),
  decideApproval: (id, input, options) =>
    caller.json('POST', `/approvals/${encodeURIComponent(id)}`, { json: input, options }),
});
