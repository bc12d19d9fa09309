/** Routes of files inside a sandbox, by absolute path as the sandbox sees them. */
import { z } from 'zod';
import {
  type CallOptions,
  type FileStat,
  type HoldfastService,
  headerNames,
  mediaTypes,
  sandboxPathSchema,
  searchSchema,
} from '../../schema/index.ts';
import { type Answer, eventsAnswer, type SentEvent, streamAnswer } from '../answer.ts';
import { bodyPieces } from '../body.ts';
import { flagText, integerText, offsetText } from '../query.ts';
import { fileStatSchema, searchResultSchema, signedFileSchema } from '../responses.ts';
import { type Call, type RequestContext, type Route, route } from '../route.ts';
import { maxSignedMs, signedUrl } from '../signed.ts';

export const fileBytes = { mediaType: mediaTypes.bytes, description: "The file's bytes" };
const onePath = z.strictObject({ path: sandboxPathSchema });

export const fileRoutes: Route[] = [
  route({
    verb: 'readFile',
    method: 'GET',
    path: '/sandboxes/{ref}/files',
    summary: 'Download a file, or `length` bytes from `offset`; its stat is in the header holdfast-stat',
    query: onePath.extend({ offset: offsetText.exactOptional(), length: offsetText.exactOptional() }),
    response: fileBytes,
    handle: (call) => download(call, call.param('ref'), call.query),
  }),
  route({
    verb: 'writeFile',
    method: 'PUT',
    path: '/sandboxes/{ref}/files',
    summary: 'Upload a file, atomically: old or new content, never half',
    query: onePath.extend({
      mode: integerText(z.int().min(0).max(0o7777)).exactOptional().describe('Permission bits as a decimal number'),
      parents: flagText.exactOptional().describe('Create missing directories'),
      exclusive: flagText.exactOptional().describe('Fail with `file-exists` instead of replacing'),
    }),
    upload: fileBytes,
    response: fileStatSchema,
    handle(call) {
      const { path, ...how } = call.query;
      return call.service.writeFile(call.param('ref'), path, bodyPieces(call), { ...how, ...call.options });
    },
  }),
  route({
    verb: 'removeFile',
    method: 'DELETE',
    path: '/sandboxes/{ref}/files',
    summary: 'Remove a file or an empty directory, or with `recursive` a whole one',
    status: 204,
    query: onePath.extend({ recursive: flagText.exactOptional() }),
    response: null,
    handle: ({ service, param, query: { path, ...input }, options }) =>
      service.removeFile(param('ref'), path, input, options),
  }),
  route({
    verb: 'statFile',
    method: 'GET',
    path: '/sandboxes/{ref}/files/stat',
    summary: 'Look at one file, directory or link',
    query: onePath,
    response: fileStatSchema,
    handle: ({ service, param, query, options }) => service.statFile(param('ref'), query.path, options),
  }),
  route({
    verb: 'listFiles',
    method: 'GET',
    path: '/sandboxes/{ref}/files/list',
    summary: 'List a directory',
    query: onePath,
    response: z.array(fileStatSchema),
    handle: ({ service, param, query, options }) => service.listFiles(param('ref'), query.path, options),
  }),
  route({
    verb: 'makeDirectory',
    method: 'POST',
    path: '/sandboxes/{ref}/files/directory',
    summary: 'Make a directory',
    status: 204,
    body: onePath,
    response: null,
    handle: ({ service, param, body, options }) => service.makeDirectory(param('ref'), body.path, options),
  }),
  route({
    verb: 'moveFile',
    method: 'POST',
    path: '/sandboxes/{ref}/files/move',
    summary: 'Move a file or directory',
    status: 204,
    body: z.strictObject({ from: sandboxPathSchema, to: sandboxPathSchema, replace: z.boolean().exactOptional() }),
    response: null,
    handle: ({ service, param, body: { from, to, ...input }, options }) =>
      service.moveFile(param('ref'), from, to, input, options),
  }),
  route({
    verb: 'searchFiles',
    method: 'POST',
    path: '/sandboxes/{ref}/files/search',
    summary: 'Find text in files',
    endsWithClient: true,
    body: searchSchema,
    response: searchResultSchema,
    handle: ({ service, param, body, options }) => service.searchFiles(param('ref'), body, options),
  }),
  route({
    verb: 'watchFiles',
    method: 'GET',
    path: '/sandboxes/{ref}/files/watch',
    summary: 'Follow changes below a directory, as `change` events',
    query: onePath.extend({ recursive: flagText.exactOptional() }),
    response: { mediaType: mediaTypes.events, description: '`change` events with a path and a kind' },
    async handle(call) {
      const { path, ...input } = call.query;
      // A wrong sandbox is an ordinary error; once the stream is open it could only be an event.
      await call.service.getSandbox(call.param('ref'), call.options);
      return eventsAnswer((signal) => changes(call, path, input, { ...call.options, signal }), call);
    },
  }),
  route({
    verb: null,
    method: 'POST',
    path: '/sandboxes/{ref}/files/sign',
    summary: 'Make an expiring URL for one file that works without a key',
    status: 201,
    body: onePath.extend({
      method: z.enum(['GET', 'PUT']),
      expiresInMs: z.int().min(1000).max(maxSignedMs).default(3_600_000),
    }),
    response: signedFileSchema,
    async handle({ service, tenant, param, body, options, clock, signingKey }) {
      const { id } = await service.getSandbox(param('ref'), options);
      const expiresAtMs = clock.nowMs() + body.expiresInMs;
      return signedUrl(signingKey, { method: body.method, tenant, sandbox: id, path: body.path, expiresAtMs });
    },
  }),
];

interface Download extends Pick<RequestContext, 'request' | 'breakOff'> {
  readonly service: HoldfastService;
  readonly options: CallOptions;
}

/** @param ref of a sandbox that the caller may read */
export async function download(
  { service, request, breakOff, options }: Download,
  ref: string,
  { path, ...range }: { path: string; offset?: number; length?: number },
): Promise<Answer> {
  const { stat, content } = await service.readFile(ref, path, range, options);
  return streamAnswer(content, mediaTypes.bytes, {
    request,
    breakOff,
    headers: { [headerNames.stat]: statHeader(stat) },
  });
}

function statHeader(stat: FileStat): string {
  return encodeURIComponent(JSON.stringify(stat));
}

async function* changes(
  call: Call<unknown, unknown>,
  path: string,
  input: { recursive?: boolean },
  options: CallOptions,
): AsyncGenerator<SentEvent, void, undefined> {
  const source = call.service.watchFiles(call.param('ref'), path, input, options);
  for await (const data of source) yield { type: 'change', data };
}
