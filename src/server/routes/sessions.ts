/** Routes of durable sessions and of the approvals they wait for. */
import { z } from 'zod';
import {
  agentStopSchema,
  type CallOptions,
  cancelSessionsSchema,
  decideApprovalSchema,
  forkSessionSchema,
  type HoldfastService,
  mediaTypes,
  sendToSessionSchema,
  sessionStates,
  startSessionSchema,
  stopAgentsSchema,
} from '../../schema/index.ts';
import { eventsAnswer, type SentEvent } from '../answer.ts';
import { cursorText, flagText, integerText, offsetText, refText } from '../query.ts';
import { pageOf } from '../responses.ts';
import { type Route, route } from '../route.ts';
import {
  agentStopResponse,
  approvalSchema,
  cancelledSchema,
  sessionEntrySchema,
  sessionSchema,
  stoppedSchema,
} from '../session-responses.ts';

export const sessionRoutes: Route[] = [
  route({
    verb: 'startSession',
    method: 'POST',
    path: '/sessions',
    summary: 'Start an agent at work, durably',
    status: 201,
    idempotent: true,
    body: startSessionSchema,
    response: sessionSchema,
    handle: ({ service, body, options }) => service.startSession(body, options),
  }),
  route({
    verb: 'listSessions',
    method: 'GET',
    path: '/sessions',
    summary: 'List sessions, oldest first; with `all` also those that ended',
    query: z.strictObject({
      state: z.enum(sessionStates).exactOptional(),
      parent: refText.exactOptional(),
      all: flagText.exactOptional(),
      limit: integerText(z.int().min(1).max(1000)).exactOptional(),
      cursor: cursorText.exactOptional(),
    }),
    response: pageOf(sessionSchema),
    handle: ({ service, query, options }) => service.listSessions(query, options),
  }),
  route({
    verb: 'getSession',
    method: 'GET',
    path: '/sessions/{ref}',
    summary: 'Where a session stands, and what it used',
    response: sessionSchema,
    handle: ({ service, param, options }) => service.getSession(param('ref'), options),
  }),
  route({
    verb: 'sessionEntries',
    method: 'GET',
    path: '/sessions/{ref}/entries',
    summary: 'Follow the log of a session to its end; `last-event-id` or `after` resumes, `follow=false` only reads',
    query: z.strictObject({ after: offsetText.exactOptional(), follow: flagText.exactOptional() }),
    response: { mediaType: mediaTypes.events, description: `Entries named by their kind: ${entryFields()}` },
    async handle(call) {
      const ref = call.param('ref');
      await call.service.getSession(ref, call.options);
      const query = { ...resumedAt(call.request), ...call.query };
      return eventsAnswer((signal) => sent(call.service, ref, query, { ...call.options, signal }), call);
    },
  }),
  route({
    verb: 'sessionUpdates',
    method: 'GET',
    path: '/sessions/{ref}/updates',
    summary:
      'Follow the log of a session, and the text of the step under way as it comes; `last-event-id` or `after` resumes',
    query: z.strictObject({ after: offsetText.exactOptional() }),
    response: {
      mediaType: mediaTypes.events,
      description: 'Events `entry` (entry), `partial` (session, step, from, text) and `withdrawn` (session, step)',
    },
    async handle(call) {
      const ref = call.param('ref');
      await call.service.getSession(ref, call.options);
      const query = { ...resumedAt(call.request), ...call.query };
      return eventsAnswer((signal) => updates(call.service, ref, query, { ...call.options, signal }), call);
    },
  }),
  route({
    verb: 'sendToSession',
    method: 'POST',
    path: '/sessions/{ref}/events',
    summary: 'Send a session an event, such as a message; it is kept until the session gets to it',
    idempotent: true,
    body: sendToSessionSchema,
    response: sessionSchema,
    handle: ({ service, param, body, options }) => service.sendToSession(param('ref'), body, options),
  }),
  route({
    verb: 'pauseSession',
    method: 'POST',
    path: '/sessions/{ref}/pause',
    summary: 'Let a session do nothing more after the step that is under way',
    response: sessionSchema,
    handle: ({ service, param, options }) => service.pauseSession(param('ref'), options),
  }),
  route({
    verb: 'resumeSession',
    method: 'POST',
    path: '/sessions/{ref}/resume',
    summary: 'Let a paused session go on',
    response: sessionSchema,
    handle: ({ service, param, options }) => service.resumeSession(param('ref'), options),
  }),
  route({
    verb: 'cancelSession',
    method: 'POST',
    path: '/sessions/{ref}/cancel',
    summary: 'End a session and all below it now',
    response: sessionSchema,
    handle: ({ service, param, options }) => service.cancelSession(param('ref'), options),
  }),
  route({
    verb: 'removeSession',
    method: 'DELETE',
    path: '/sessions/{ref}',
    summary: 'Remove a session that is over, with all below it, and its log',
    status: 204,
    response: null,
    handle: ({ service, param, options }) => service.removeSession(param('ref'), options),
  }),
  route({
    verb: 'cancelSessions',
    method: 'POST',
    path: '/sessions/cancel',
    summary:
      'End all sessions now, or those of one agent; the owner those of another `tenant` too, or of `everyTenant`',
    body: cancelSessionsSchema,
    response: cancelledSchema,
    handle: ({ service, body, options }) => service.cancelSessions(body, options),
  }),
  route({
    verb: 'stopAgents',
    method: 'POST',
    path: '/agents/stop',
    summary: 'Let an agent, or all, do nothing more until that is lifted; with `cancel` their sessions end at once too',
    body: stopAgentsSchema,
    response: stoppedSchema,
    handle: ({ service, body, options }) => service.stopAgents(body, options),
  }),
  route({
    verb: 'allowAgents',
    method: 'POST',
    path: '/agents/allow',
    summary:
      'Lift what was stopped with the same words; what it held back goes on. The owner’s stops are the owner’s to lift',
    body: agentStopSchema,
    response: agentStopResponse,
    handle: ({ service, body, options }) => service.allowAgents(body, options),
  }),
  route({
    verb: 'listStops',
    method: 'GET',
    path: '/agents/stops',
    summary: 'List the agents that are stopped',
    response: z.array(agentStopResponse),
    handle: ({ service, options }) => service.listStops(options),
  }),
  route({
    verb: 'forkSession',
    method: 'POST',
    path: '/sessions/{ref}/fork',
    summary: 'A new session with the same log up to an entry',
    status: 201,
    body: forkSessionSchema,
    response: sessionSchema,
    handle: ({ service, param, body, options }) => service.forkSession(param('ref'), body, options),
  }),
  route({
    verb: 'listApprovals',
    method: 'GET',
    path: '/approvals',
    summary: 'List what waits for people to approve it',
    response: z.array(approvalSchema),
    handle: ({ service, options }) => service.listApprovals(options),
  }),
  route({
    verb: 'decideApproval',
    method: 'POST',
    path: '/approvals/{approval}',
    summary: 'Approve or deny',
    body: decideApprovalSchema,
    response: approvalSchema,
    handle: ({ service, param, body, options }) => service.decideApproval(param('approval'), body, options),
  }),
];

function entryFields(): string {
  return Object.keys(z.toJSONSchema(sessionEntrySchema)['properties'] ?? {}).join(', ');
}

/** What a client that comes back has seen. */
function resumedAt({ headers }: Request): { after?: number } {
  const last = headers.get('last-event-id');
  return last !== null && /^\d{1,15}$/.test(last) ? { after: Number(last) } : {};
}

async function* updates(
  service: HoldfastService,
  ref: string,
  query: { after?: number },
  options: CallOptions,
): AsyncGenerator<SentEvent, void, undefined> {
  for await (const data of service.sessionUpdates(ref, query, options)) {
    // Text under way has no place in the log: whoever comes back begins with it anew.
    yield { type: data.type, data, ...(data.type === 'entry' ? { id: String(data.entry.position) } : {}) };
  }
}

async function* sent(
  service: HoldfastService,
  ref: string,
  query: { after?: number; follow?: boolean },
  options: CallOptions,
): AsyncGenerator<SentEvent, void, undefined> {
  for await (const data of service.sessionEntries(ref, query, options)) {
    yield { type: data.kind, data, id: String(data.position) };
  }
}
