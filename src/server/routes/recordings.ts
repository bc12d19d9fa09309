/** Routes of recordings: begin and end, look, verify, replay, fork at a step, carry out and in, tests. */
import { z } from 'zod';
import {
  bisectSchema,
  exportTestSchema,
  forkRecordingSchema,
  mediaTypes,
  nameSchema,
  recordEventSchema,
  recordingFormats,
  replaySchema,
  serveRecordedSchema,
  startRecordingSchema,
} from '../../schema/index.ts';
import { bytesAnswer, streamAnswer } from '../answer.ts';
import { bodyPieces } from '../body.ts';
import { cursorText, integerText, offsetText, refText } from '../query.ts';
import {
  bisectReportSchema,
  forkedRecordingSchema,
  recordedEventSchema,
  recordingReportSchema,
  recordingSchema,
  replayReportSchema,
  servedRecordedSchema,
  testReportSchema,
} from '../recording-responses.ts';
import { pageOf } from '../responses.ts';
import { type Route, route } from '../route.ts';

const bytes = { mediaType: mediaTypes.bytes, description: 'A bundle’s tar, or a JSON document' };
const limit = integerText(z.int().min(1).max(1000)).exactOptional();

export const recordingRoutes: Route[] = [
  route({
    verb: 'startRecording',
    method: 'POST',
    path: '/sandboxes/{ref}/recording',
    summary: 'Begin to record a sandbox; a snapshot is taken first',
    status: 201,
    body: startRecordingSchema,
    response: recordingSchema,
    handle: ({ service, param, body, options }) => service.startRecording(param('ref'), body, options),
  }),
  route({
    verb: 'stopRecording',
    method: 'DELETE',
    path: '/sandboxes/{ref}/recording',
    summary: 'End the recording of a sandbox, which goes on',
    response: recordingSchema,
    handle: ({ service, param, options }) => service.stopRecording(param('ref'), options),
  }),
  route({
    verb: 'recordEvent',
    method: 'POST',
    path: '/sandboxes/{ref}/recording/events',
    summary: 'Add a model call, an approval, a verdict or a note',
    status: 201,
    body: recordEventSchema,
    response: z.object({ sequence: z.int(), hash: z.string() }),
    handle: ({ service, param, body, options }) => service.recordEvent(param('ref'), body, options),
  }),
  route({
    verb: 'environmentTokens',
    method: 'GET',
    path: '/sandboxes/{ref}/environment-tokens',
    summary: 'What recordings write in the place of values of variables that are taken for secrets, by their names',
    response: z.record(z.string(), z.string()),
    handle: ({ service, param, options }) => service.environmentTokens(param('ref'), options),
  }),
  route({
    verb: 'listRecordings',
    method: 'GET',
    path: '/recordings',
    summary: 'List recordings, oldest first',
    query: z.strictObject({ sandbox: refText.exactOptional(), limit, cursor: cursorText.exactOptional() }),
    response: pageOf(recordingSchema),
    handle: ({ service, query, options }) => service.listRecordings(query, options),
  }),
  route({
    verb: 'importRecording',
    method: 'POST',
    path: '/recordings',
    summary: 'Take a bundle or an ATIF trajectory in, to be looked at',
    status: 201,
    query: z.strictObject({
      format: z.enum(['bundle', 'atif']).exactOptional(),
      name: nameSchema.exactOptional(),
    }),
    upload: bytes,
    response: recordingSchema,
    handle: (call) => call.service.importRecording(bodyPieces(call), call.query, call.options),
  }),
  route({
    verb: 'getRecording',
    method: 'GET',
    path: '/recordings/{recording}',
    summary: 'Look at one recording, by its id or name',
    response: recordingSchema,
    handle: ({ service, param, options }) => service.getRecording(param('recording'), options),
  }),
  route({
    verb: 'recordingEvents',
    method: 'GET',
    path: '/recordings/{recording}/events',
    summary: 'Its events in order; each with its hash',
    query: z.strictObject({ after: offsetText.exactOptional(), limit }),
    response: pageOf(recordedEventSchema),
    handle: ({ service, param, query, options }) => service.recordingEvents(param('recording'), query, options),
  }),
  route({
    verb: 'recordingContent',
    method: 'GET',
    path: '/recordings/{recording}/contents/{digest}',
    summary: 'Bytes that an event names by their digest',
    response: { mediaType: mediaTypes.bytes, description: 'The bytes' },
    async handle({ service, param, options }) {
      const content = await service.recordingContent(param('recording'), param('digest'), options);
      return bytesAnswer(new Uint8Array(content), mediaTypes.bytes);
    },
  }),
  route({
    verb: 'verifyRecording',
    method: 'POST',
    path: '/recordings/{recording}/verify',
    summary: 'Read every event and blob, and look for every snapshot',
    endsWithClient: true,
    response: recordingReportSchema,
    handle: ({ service, param, options }) => service.verifyRecording(param('recording'), options),
  }),
  route({
    verb: 'deleteRecording',
    method: 'DELETE',
    path: '/recordings/{recording}',
    summary: 'Delete a recording, and the snapshots that nothing else needs',
    status: 204,
    response: null,
    handle: ({ service, param, options }) => service.deleteRecording(param('recording'), options),
  }),
  route({
    verb: 'replayRecording',
    method: 'POST',
    path: '/recordings/{recording}/replay',
    summary: 'Replay it: L0 look, L1 serve, L2 do again with the taped network and compare, L3 do again live',
    endsWithClient: true,
    body: replaySchema,
    response: replayReportSchema,
    handle: ({ service, param, body, options }) => service.replayRecording(param('recording'), body, options),
  }),
  route({
    verb: 'serveRecorded',
    method: 'POST',
    path: '/recordings/{recording}/calls',
    summary: 'Answer one call of an agent from the recording; nothing is executed',
    body: serveRecordedSchema,
    response: servedRecordedSchema,
    handle: ({ service, param, body, options }) => service.serveRecorded(param('recording'), body, options),
  }),
  route({
    verb: 'forkRecording',
    method: 'POST',
    path: '/recordings/{recording}/forks',
    summary: 'A living sandbox in the state after a step, or as near as can honestly be had',
    status: 201,
    body: forkRecordingSchema,
    response: forkedRecordingSchema,
    handle: ({ service, param, body, options }) => service.forkRecording(param('recording'), body, options),
  }),
  route({
    verb: 'bisectRecording',
    method: 'POST',
    path: '/recordings/{recording}/bisect',
    summary: 'Find the first step after which a predicate answers otherwise',
    endsWithClient: true,
    body: bisectSchema,
    response: bisectReportSchema,
    handle: ({ service, param, body, options }) => service.bisectRecording(param('recording'), body, options),
  }),
  route({
    verb: 'exportRecording',
    method: 'GET',
    path: '/recordings/{recording}/export',
    summary:
      'Carry it out: a bundle, an ATIF trajectory, OpenTelemetry spans, its tape as HAR, or a tape of its models',
    query: z.strictObject({ format: z.enum(recordingFormats) }),
    response: bytes,
    async handle(call) {
      const content = await call.service.exportRecording(call.param('recording'), call.query.format, call.options);
      return streamAnswer(content, mediaTypes.bytes, call);
    },
  }),
  route({
    verb: 'exportTest',
    method: 'POST',
    path: '/recordings/{recording}/test',
    summary: 'Make a test of it: the steps that lead to a failure, and how it has to end',
    endsWithClient: true,
    body: exportTestSchema,
    response: bytes,
    async handle(call) {
      const content = await call.service.exportTest(call.param('recording'), call.body, call.options);
      return streamAnswer(content, mediaTypes.bytes, call);
    },
  }),
  route({
    verb: 'runTest',
    method: 'POST',
    path: '/tests',
    summary: 'Run a test in a sandbox of its own',
    endsWithClient: true,
    upload: bytes,
    response: testReportSchema,
    handle: (call) => call.service.runTest(bodyPieces(call), call.options),
  }),
];
