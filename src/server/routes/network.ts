/** Routes of what sandboxes may reach and did reach, of secrets, and of tapes. */
import { z } from 'zod';
import {
  type CallOptions,
  type HoldfastService,
  mediaTypes,
  type NetworkFlowQuery,
  networkQuestionSchema,
  networkSchema,
  secretNameSchema,
  secretValueLimits,
} from '../../schema/index.ts';
import { eventsAnswer, type SentEvent, streamAnswer } from '../answer.ts';
import { readWhole } from '../body.ts';
import { flagText, refText } from '../query.ts';
import { networkAnswerSchema, sandboxSchema, secretInfoSchema, tapeInfoSchema } from '../responses.ts';
import { parse, type Route, route } from '../route.ts';

const har = { mediaType: 'application/har+json', description: 'The tape as HAR 1.2' };

export const networkRoutes: Route[] = [
  route({
    verb: 'setNetwork',
    method: 'PUT',
    path: '/sandboxes/{ref}/network',
    summary: 'Replace what a sandbox may reach; connections that no longer comply are cut',
    body: z.strictObject({ network: networkSchema }),
    response: sandboxSchema,
    handle: ({ service, param, body, options }) => service.setNetwork(param('ref'), body.network, options),
  }),
  route({
    verb: 'explainNetwork',
    method: 'POST',
    path: '/sandboxes/{ref}/network/explain',
    summary: 'Would this be let out, by which rule, and what would allow it; nothing is sent',
    endsWithClient: true,
    body: networkQuestionSchema,
    response: networkAnswerSchema,
    handle: ({ service, param, body, options }) => service.explainNetwork(param('ref'), body, options),
  }),
  route({
    verb: 'networkFlows',
    method: 'GET',
    path: '/sandboxes/{ref}/network/flows',
    summary: 'What left, or tried to, as `flow` events; `last-event-id` or `since` resumes',
    query: z.strictObject({
      since: refText.exactOptional(),
      follow: flagText.exactOptional().describe('Go on with what comes'),
      denied: flagText.exactOptional().describe('Only what was denied'),
    }),
    response: { mediaType: mediaTypes.events, description: '`flow` events: decision, destination, bytes, timing' },
    async handle(call) {
      const { since = call.request.headers.get('last-event-id'), ...rest } = call.query;
      await call.service.getSandbox(call.param('ref'), call.options);
      const query = { ...rest, ...(since === null ? {} : { since }) };
      const options = (signal: AbortSignal): CallOptions => ({ ...call.options, signal });
      return eventsAnswer((signal) => flows(call.service, call.param('ref'), query, options(signal)), call);
    },
  }),
  route({
    verb: 'putSecret',
    method: 'PUT',
    path: '/secrets/{name}',
    summary: 'Keep a secret, or give it a new value; no route ever answers with it',
    upload: { mediaType: mediaTypes.bytes, description: 'The value' },
    response: secretInfoSchema,
    async handle(call) {
      const name = parse(secretNameSchema, call.param('name'), 'name');
      const value = new Uint8Array(await readWhole(call, secretValueLimits.mostBytes));
      return call.service.putSecret(name, value, call.options);
    },
  }),
  route({
    verb: 'listSecrets',
    method: 'GET',
    path: '/secrets',
    summary: 'List secrets: names and times',
    response: z.array(secretInfoSchema),
    handle: ({ service, options }) => service.listSecrets(options),
  }),
  route({
    verb: 'deleteSecret',
    method: 'DELETE',
    path: '/secrets/{name}',
    summary: 'Forget a secret; what uses it is refused from now on',
    status: 204,
    response: null,
    handle: ({ service, param, options }) => service.deleteSecret(param('name'), options),
  }),
  route({
    verb: 'rotateSecretKey',
    method: 'POST',
    path: '/secrets/rotate-key',
    summary: 'Seal all secrets by a new key; for the owner alone',
    status: 204,
    response: null,
    handle: ({ service, options }) => service.rotateSecretKey(options),
  }),
  route({
    verb: 'listTapes',
    method: 'GET',
    path: '/tapes',
    summary: 'List tapes of network exchanges',
    response: z.array(tapeInfoSchema),
    handle: ({ service, options }) => service.listTapes(options),
  }),
  route({
    verb: 'exportTape',
    method: 'GET',
    path: '/tapes/{id}/har',
    summary: 'Export a tape as HAR 1.2',
    response: har,
    async handle(call) {
      const content = await call.service.exportTape(call.param('id'), call.options);
      return streamAnswer(content, har.mediaType, call);
    },
  }),
  route({
    verb: 'deleteTape',
    method: 'DELETE',
    path: '/tapes/{id}',
    summary: 'Delete a tape',
    status: 204,
    response: null,
    handle: ({ service, param, options }) => service.deleteTape(param('id'), options),
  }),
];

async function* flows(
  service: HoldfastService,
  ref: string,
  query: NetworkFlowQuery,
  options: CallOptions,
): AsyncGenerator<SentEvent, void, undefined> {
  for await (const flow of service.networkFlows(ref, query, options)) yield { type: 'flow', data: flow, id: flow.id };
}
