/** Routes of the daemon itself: health, version, doctor, tools, templates, events, journal, prune. */
import { z } from 'zod';
import {
  type BuildTemplate,
  type CallOptions,
  eventTypes,
  type HoldfastService,
  mediaTypes,
  nameSchema,
} from '../../schema/index.ts';
import { eventsAnswer, type SentEvent } from '../answer.ts';
import { integerText, listText, offsetText, refText } from '../query.ts';
import {
  doctorSchema,
  eventSchema,
  journalEntrySchema,
  pageOf,
  pruneSchema,
  templateSchema,
  toolResultSchema,
  toolSchema,
  versionSchema,
} from '../responses.ts';
import { openRoute, type Route, route } from '../route.ts';

const toolCall = z.strictObject({
  tool: z.string().min(1).max(128),
  input: z.unknown(),
  idempotencyKey: z.string().min(1).max(256).exactOptional(),
});

const warm = z
  .strictObject({ name: z.string().min(1).max(48), text: z.string().max(262_144) })
  .exactOptional()
  .describe('Run in each new sandbox before it is anybody’s: a script with a first line such as #!/bin/sh');

const buildTemplate: z.ZodType<BuildTemplate> = z.discriminatedUnion('from', [
  z.strictObject({
    name: nameSchema,
    from: z.literal('directory'),
    directory: z.string().min(1).max(4096).describe("On the daemon's machine"),
    warm,
  }),
  z.strictObject({
    name: nameSchema,
    from: z.literal('debian'),
    suite: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'a suite such as trixie'),
    packages: z
      .array(z.string().regex(/^[a-z0-9][a-z0-9+.-]{0,127}$/, 'a Debian package name'))
      .max(1000)
      .exactOptional(),
    warm,
  }),
]);

export const machineRoutes: Route[] = [
  openRoute({
    verb: null,
    method: 'GET',
    path: '/health',
    summary: 'Whether the server answers',
    response: z.object({ status: z.literal('ok') }),
    handle: async () => ({ status: 'ok' }),
  }),
  route({
    verb: 'version',
    method: 'GET',
    path: '/version',
    summary: 'Versions of the daemon',
    response: versionSchema,
    handle: ({ service, options }) => service.version(options),
  }),
  route({
    verb: 'doctor',
    method: 'GET',
    path: '/doctor',
    summary: 'What works on this machine, why the rest does not, and one fix each',
    response: doctorSchema,
    handle: ({ service, options }) => service.doctor(options),
  }),
  route({
    verb: 'listTools',
    method: 'GET',
    path: '/tools',
    summary: 'List the tools with the schemas of their inputs and outputs',
    response: z.array(toolSchema),
    handle: ({ service, options }) => service.listTools(options),
  }),
  route({
    verb: 'callTool',
    method: 'POST',
    path: '/sandboxes/{ref}/tools',
    summary: 'Call a tool; a tool that fails is an answer too',
    idempotent: true,
    body: toolCall,
    response: toolResultSchema,
    handle: ({ service, param, body, options }) => service.callTool(param('ref'), body, options),
  }),
  route({
    verb: 'listTemplates',
    method: 'GET',
    path: '/templates',
    summary: 'List templates',
    response: z.array(templateSchema),
    handle: ({ service, options }) => service.listTemplates(options),
  }),
  route({
    verb: 'buildTemplate',
    method: 'POST',
    path: '/templates',
    summary: 'Build a template; with `accept: text/event-stream` its progress, then the template, as events',
    status: 201,
    endsWithClient: true,
    body: buildTemplate,
    response: templateSchema,
    async handle(call) {
      const { service, body, options, request } = call;
      if (request.headers.get('accept') !== mediaTypes.events) return service.buildTemplate(body, undefined, options);
      return eventsAnswer((signal) => progress(service, body, { ...options, signal }), call);
    },
  }),
  route({
    verb: 'deleteTemplate',
    method: 'DELETE',
    path: '/templates/{name}',
    summary: 'Delete a template; what was made of it keeps its files',
    status: 204,
    response: null,
    handle: ({ service, param, options }) => service.deleteTemplate(param('name'), options),
  }),
  route({
    verb: 'events',
    method: 'GET',
    path: '/events',
    summary: 'Follow what happens; `last-event-id` or `since` resumes',
    query: z.strictObject({
      sandbox: refText.exactOptional(),
      type: listText(z.enum(eventTypes)).exactOptional().describe('Only these; repeated'),
      since: refText.exactOptional(),
    }),
    response: { mediaType: mediaTypes.events, description: `Events named by their type: ${eventSchemaText()}` },
    async handle(call) {
      const { sandbox, type, since = call.request.headers.get('last-event-id') } = call.query;
      if (sandbox !== undefined) await call.service.getSandbox(sandbox, call.options);
      const query = {
        ...(sandbox === undefined ? {} : { sandbox }),
        ...(type === undefined ? {} : { types: type }),
        ...(since === null ? {} : { since }),
      };
      return eventsAnswer((signal) => happenings(call.service, query, { ...call.options, signal }), call);
    },
  }),
  route({
    verb: 'journal',
    method: 'GET',
    path: '/journal',
    summary: 'Read the hash-chained journal, oldest first',
    query: z.strictObject({
      sandbox: refText.exactOptional(),
      after: offsetText.exactOptional(),
      limit: integerText(z.int().min(1).max(10_000)).exactOptional(),
    }),
    response: pageOf(journalEntrySchema),
    handle: ({ service, query, options }) => service.journal(query, options),
  }),
  route({
    verb: 'prune',
    method: 'POST',
    path: '/prune',
    summary: 'Remove what is gone, and with `snapshots` the snapshots nobody references',
    body: z.strictObject({ snapshots: z.boolean().exactOptional() }),
    response: pruneSchema,
    handle: ({ service, body, options }) => service.prune(body, options),
  }),
];

function eventSchemaText(): string {
  return Object.keys(z.toJSONSchema(eventSchema)['properties'] ?? {}).join(', ');
}

async function* happenings(
  service: HoldfastService,
  query: NonNullable<Parameters<HoldfastService['events']>[0]>,
  options: CallOptions,
): AsyncGenerator<SentEvent, void, undefined> {
  for await (const data of service.events(query, options)) yield { type: data.type, data, id: data.id };
}

/** Lines wait here while the client takes its time; a build prints little. */
async function* progress(
  service: HoldfastService,
  body: BuildTemplate,
  options: CallOptions,
): AsyncGenerator<SentEvent, void, undefined> {
  const waiting: SentEvent[] = [];
  let wake = (): void => undefined;
  const push = (event: SentEvent): void => {
    waiting.push(event);
    wake();
  };
  let over = false;
  const settle = (): void => {
    over = true;
    wake();
  };
  const build = service.buildTemplate(body, (line) => push({ type: 'progress', data: { line } }), options);
  build.then(settle, settle);
  for (;;) {
    const event = waiting.shift();
    if (event) yield event;
    else if (over) break;
    else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  yield { type: 'template', data: await build };
}
