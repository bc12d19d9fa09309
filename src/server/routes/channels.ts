/**
 * Routes of channels: webhooks of services, which are signed by them; persons at a web channel, by their token; and the
 * tokens themselves, for whoever has the tenant's key.
 */
import { z } from 'zod';
import type { ChannelPort, ChatUpdate, WebPerson } from '../../channels/index.ts';
import { HoldfastError, mediaTypes } from '../../schema/index.ts';
import { eventsAnswer, type SentEvent } from '../answer.ts';
import { readWhole } from '../body.ts';
import { linkCodeSchema, linkedAddressSchema } from '../channel-responses.ts';
import { type OpenCall, openRoute, type RequestContext, type Route, route } from '../route.ts';

const webhookPath = '/channels/{tenant}/{channel}/webhook';
const chatPath = '/chat/{tenant}/{channel}';
/** More than any service sends in one webhook. */
const mostWebhookBytes = 512 * 1024;
const dayMs = 24 * 3_600_000;
const anything = { mediaType: 'text/plain', description: 'What the service wants to hear' };

export const channelRoutes: Route[] = [
  route({
    verb: null,
    method: 'POST',
    path: '/channels/{channel}/tokens',
    summary: 'A token that lets one person use a web channel, for a page of yours',
    status: 201,
    body: z.strictObject({
      person: z.string().regex(/^[\w.@+-]{1,128}$/, 'letters, digits and . _ @ + -'),
      expiresInMs: z.int().min(1000).max(dayMs).default(3_600_000),
    }),
    response: z.object({ token: z.string(), expiresAt: z.string() }),
    handle: async (call) => {
      const { person, expiresInMs } = call.body;
      if (call.person !== undefined && call.person !== person) {
        throw new HoldfastError('forbidden', `${call.person} may not let ${person} in`, {
          hint: 'Tokens of others are made with a key of the tenant that names no person.',
        });
      }
      return portOf(call).signToken(call.tenant, call.param('channel'), person, expiresInMs);
    },
  }),
  openRoute({
    verb: null,
    method: 'POST',
    path: webhookPath,
    summary: 'What a messaging service calls; signed by it, with the channel’s own secret',
    body: z.instanceof(Uint8Array<ArrayBuffer>),
    shownBody: z.looseObject({}),
    readBody: async (context) => new Uint8Array(await readWhole(context, mostWebhookBytes)),
    response: anything,
    handle: (call) => webhook(call, call.body),
  }),
  openRoute({
    verb: null,
    method: 'GET',
    path: webhookPath,
    summary: 'What a messaging service calls once, to see that the webhook is ours',
    query: z.strictObject({
      'hub.mode': z.string().max(64),
      'hub.verify_token': z.string().max(512),
      'hub.challenge': z.string().max(512),
    }),
    response: anything,
    handle: (call) => webhook(call, null),
  }),
  openRoute({
    verb: null,
    method: 'POST',
    path: `${chatPath}/messages`,
    summary: 'Say something at a web channel; the same `id` twice is one message',
    body: z.strictObject({ text: z.string().min(1).max(16_384), id: z.string().regex(/^[\w.-]{1,128}$/) }),
    response: z.object({ accepted: z.boolean() }),
    handle: (call) => personOf(call).say(call.body),
  }),
  openRoute({
    verb: null,
    method: 'GET',
    path: `${chatPath}/events`,
    summary: 'The person’s conversation, from `last-event-id` or `after` on, and answers as they come',
    query: z.strictObject({ after: z.string().max(64).exactOptional() }),
    response: { mediaType: mediaTypes.events, description: 'Events `message`, `partial`, `withdrawn` and `notice`' },
    handle: async (call) => {
      const after = call.request.headers.get('last-event-id') ?? call.query.after ?? null;
      const person = personOf(call);
      return eventsAnswer((signal) => sent(person.events(after, signal)), call);
    },
  }),
  openRoute({
    verb: null,
    method: 'POST',
    path: `${chatPath}/link`,
    summary: 'A code to send from another channel, so that the conversation goes on there too',
    status: 201,
    body: z.strictObject({ agree: z.literal(true) }),
    response: linkCodeSchema,
    handle: (call) => personOf(call).link(),
  }),
  openRoute({
    verb: null,
    method: 'GET',
    path: `${chatPath}/links`,
    summary: 'Addresses that are linked to the person',
    response: z.array(linkedAddressSchema),
    handle: async (call) => personOf(call).links(),
  }),
  openRoute({
    verb: null,
    method: 'DELETE',
    path: `${chatPath}/links/{address}`,
    summary: 'End a link',
    status: 204,
    response: null,
    handle: async (call) => personOf(call).unlink(call.param('address')),
  }),
];

async function webhook(call: OpenCall<unknown, unknown>, body: Uint8Array<ArrayBuffer> | null): Promise<Response> {
  const { url, method, headers } = call.request;
  const request = new Request(url, { method, headers, ...(body === null ? {} : { body }) });
  return portOf(call).webhook(call.param('tenant'), call.param('channel'), request);
}

function personOf(call: OpenCall<unknown, unknown>): WebPerson {
  const { headers } = call.request;
  const [, token = null] = /^Bearer (\S{1,512})$/i.exec(headers.get('authorization') ?? '') ?? [];
  return portOf(call).enter(call.param('tenant'), call.param('channel'), { token, origin: headers.get('origin') });
}

function portOf({ channels }: RequestContext): ChannelPort {
  if (channels) return channels;
  throw new HoldfastError('not-found', 'this daemon has no channels', { hint: 'Start it with --channels.' });
}

async function* sent(updates: AsyncIterable<ChatUpdate>): AsyncGenerator<SentEvent> {
  for await (const { event, place } of updates) {
    yield { type: event.type, data: event, ...(place === null ? {} : { id: place }) };
  }
}
