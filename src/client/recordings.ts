/** The client's verbs on recordings. */
import type { HoldfastService } from '../schema/index.ts';
import { mediaTypes } from '../schema/wire.ts';
import type { Caller } from './call.ts';
import { sandboxPath } from './sandboxes.ts';

type RecordingVerbs = Pick<
  HoldfastService,
  | 'startRecording'
  | 'stopRecording'
  | 'recordEvent'
  | 'environmentTokens'
  | 'listRecordings'
  | 'getRecording'
  | 'recordingEvents'
  | 'recordingContent'
  | 'verifyRecording'
  | 'deleteRecording'
  | 'replayRecording'
  | 'serveRecorded'
  | 'forkRecording'
  | 'bisectRecording'
  | 'exportRecording'
  | 'importRecording'
  | 'exportTest'
  | 'runTest'
>;

const recordingPath = (ref: string): string => `/recordings/${encodeURIComponent(ref)}`;

export const recordingVerbs = (caller: Caller): RecordingVerbs => ({
  startRecording: (ref, input = {}, options) =>
    caller.json('POST', `${sandboxPath(ref)}/recording`, { json: input, options }),
  stopRecording: (ref, options) => caller.json('DELETE', `${sandboxPath(ref)}/recording`, { options }),
  recordEvent: (ref, event, options) =>
    caller.json('POST', `${sandboxPath(ref)}/recording/events`, { json: event, options }),
  environmentTokens: (ref, options) => caller.json('GET', `${sandboxPath(ref)}/environment-tokens`, { options }),
  listRecordings: (query = {}, options) => caller.json('GET', '/recordings', { query: { ...query }, options }),
  getRecording: (ref, options) => caller.json('GET', recordingPath(ref), { options }),
  recordingEvents: (ref, query = {}, options) =>
    caller.json('GET', `${recordingPath(ref)}/events`, { query: { ...query }, options }),
  recordingContent: (ref, digest, options) =>
    caller.bytes('GET', `${recordingPath(ref)}/contents/${encodeURIComponent(digest)}`, { options }),
  verifyRecording: (ref, options) => caller.json('POST', `${recordingPath(ref)}/verify`, { options }),
  deleteRecording: (ref, options) => caller.nothing('DELETE', recordingPath(ref), { options }),
  replayRecording: (ref, input = {}, options) =>
    caller.json('POST', `${recordingPath(ref)}/replay`, { json: input, options }),
  serveRecorded: (ref, input, options) => caller.json('POST', `${recordingPath(ref)}/calls`, { json: input, options }),
  forkRecording: (ref, input, options) => caller.json('POST', `${recordingPath(ref)}/forks`, { json: input, options }),
  bisectRecording: (ref, input, options) =>
    caller.json('POST', `${recordingPath(ref)}/bisect`, { json: input, options }),
  async exportRecording(ref, format, options) {
    return (await caller.stream('GET', `${recordingPath(ref)}/export`, { query: { format }, options })).content;
  },
  importRecording: (data, input = {}, options) =>
    caller.json('POST', '/recordings', { query: { ...input }, bytes: data, contentType: mediaTypes.bytes, options }),
  async exportTest(ref, input, options) {
    return (await caller.stream('POST', `${recordingPath(ref)}/test`, { json: input, options })).content;
  },
  runTest: (data, options) => caller.json('POST', '/tests', { bytes: data, contentType: mediaTypes.bytes, options }),
});
