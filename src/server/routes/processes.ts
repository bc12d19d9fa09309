/** Routes of processes: run one and wait, start one, look, signal. Attaching is a WebSocket: attach.ts. */
import { z } from 'zod';
import {
  type ExecResult,
  execSchema,
  HoldfastError,
  mediaTypes,
  packExecResult,
  startProcessSchema,
  unpackFramed,
} from '../../schema/index.ts';
import { bytesAnswer } from '../answer.ts';
import { maxJsonBytes, mediaTypeOf, readJson, readWhole } from '../body.ts';
import { integerText, offsetText } from '../query.ts';
import { execResultSchema, processSchema } from '../responses.ts';
import { parse, type RequestContext, type Route, route } from '../route.ts';

/** Bytes of stdin in the framed form; more than that belongs into a file. */
const maxStdinBytes = 64 * 1024 * 1024;

const textStdin = z.base64();

export const attachQuery = z.strictObject({
  stdoutOffset: offsetText.exactOptional().describe('0, the default, is everything still kept'),
  stderrOffset: offsetText.exactOptional(),
  window: integerText(
    z
      .int()
      .min(65_536)
      .max(2 ** 30),
  )
    .exactOptional()
    .describe('Most output bytes sent ahead of the `read` messages that grant more; absent: unlimited'),
});

export const processRoutes: Route[] = [
  route({
    verb: 'exec',
    method: 'POST',
    path: '/sandboxes/{ref}/exec',
    summary: 'Run a program to its end; the client leaving ends nothing',
    query: z.strictObject({
      encoding: z.enum(['base64', 'utf8']).default('base64').describe('Of the bytes in a JSON answer'),
    }),
    body: execSchema,
    shownBody: execSchema.extend({ stdin: textStdin.optional() }),
    readBody: readExec,
    response: execResultSchema,
    async handle({ service, param, body, query, options, request }) {
      const result = await service.exec(param('ref'), body, options);
      if (request.headers.get('accept') === mediaTypes.exec)
        return bytesAnswer(packExecResult(result), mediaTypes.exec);
      return asText(result, query.encoding);
    },
  }),
  route({
    verb: 'startProcess',
    method: 'POST',
    path: '/sandboxes/{ref}/processes',
    summary: 'Start a program and leave it running',
    status: 201,
    body: startProcessSchema,
    response: processSchema,
    handle: ({ service, param, body, options }) => service.startProcess(param('ref'), body, options),
  }),
  route({
    verb: 'listProcesses',
    method: 'GET',
    path: '/sandboxes/{ref}/processes',
    summary: 'List the processes that were started, with the exits that are still kept',
    response: z.array(processSchema),
    handle: ({ service, param, options }) => service.listProcesses(param('ref'), options),
  }),
  route({
    verb: 'signalProcess',
    method: 'POST',
    path: '/sandboxes/{ref}/processes/{process}/signal',
    summary: 'Send a signal to a process, or to it and all its descendants',
    status: 204,
    body: z.strictObject({ signal: z.string().min(1).max(32), tree: z.boolean().exactOptional() }),
    response: null,
    handle: ({ service, param, body: { signal, ...input }, options }) =>
      service.signalProcess(param('ref'), param('process'), signal, input, options),
  }),
  route({
    verb: 'attachProcess',
    method: 'GET',
    path: '/sandboxes/{ref}/processes/{process}/attach',
    summary: 'Follow a process and type into it, over a WebSocket of subprotocol `holdfast.attach.v1`',
    query: attachQuery,
    response: { mediaType: mediaTypes.bytes, description: 'Binary messages, each a channel and its data' },
    handle() {
      throw new HoldfastError('invalid-argument', 'attaching needs a WebSocket', {
        hint: 'Open it with `Upgrade: websocket` and subprotocol holdfast.attach.v1.',
      });
    },
  }),
];

async function readExec(context: RequestContext): Promise<unknown> {
  if (mediaTypeOf(context.request) !== mediaTypes.exec) return withBytes(await readJson(context));
  const { head, rest } = unpackFramed(await readWhole(context, maxJsonBytes + maxStdinBytes));
  if (typeof head === 'object' && head !== null && !('stdin' in head)) return { ...head, stdin: rest };
  throw new HoldfastError('invalid-argument', "the frame's head is not an object without stdin");
}

function withBytes(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('stdin' in body)) return body;
  const { stdin } = parse(z.looseObject({ stdin: textStdin }), body, 'body');
  return { ...body, stdin: new Uint8Array(Buffer.from(stdin, 'base64')) };
}

function asText({ stdout, stderr, ...rest }: ExecResult, encoding: 'base64' | 'utf8'): unknown {
  const text = (bytes: Uint8Array): string =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(encoding);
  return { ...rest, stdout: text(stdout), stderr: text(stderr), encoding };
}
