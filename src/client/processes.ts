/** The client's verbs on processes inside a sandbox. */
import type { ExecInput, ExecResult, HoldfastService, ProcessAttachment } from '../schema/index.ts';
import { mediaTypes, packFramed, unpackExecResult } from '../schema/wire.ts';
import { openAttachment } from './attachment.ts';
import type { Caller, CallInit } from './call.ts';
import { sandboxPath } from './sandboxes.ts';
import type { OpenSocket } from './transport.ts';

type ProcessVerbs = Pick<
  HoldfastService,
  'exec' | 'startProcess' | 'listProcesses' | 'attachProcess' | 'signalProcess'
>;

const processPath = (ref: string, id: string): string => `${sandboxPath(ref)}/processes/${encodeURIComponent(id)}`;

export const processVerbs = (caller: Caller, openSocket: OpenSocket): ProcessVerbs => ({
  async exec(ref, input, options): Promise<ExecResult> {
    const init: CallInit = { ...bodyOf(input), accept: mediaTypes.exec, options };
    return unpackExecResult(await caller.bytes('POST', `${sandboxPath(ref)}/exec`, init));
  },
  startProcess: (ref, input, options) => caller.json('POST', `${sandboxPath(ref)}/processes`, { json: input, options }),
  listProcesses: (ref, options) => caller.json('GET', `${sandboxPath(ref)}/processes`, { options }),
  attachProcess: (ref, processId, options = {}): Promise<ProcessAttachment> =>
    openAttachment(caller, openSocket, `${processPath(ref, processId)}/attach`, options),
  signalProcess: (ref, processId, signal, input = {}, options) =>
    caller.nothing('POST', `${processPath(ref, processId)}/signal`, { json: { signal, ...input }, options }),
});

function bodyOf({ stdin, ...head }: ExecInput): CallInit {
  return stdin === undefined ? { json: head } : { bytes: packFramed(head, stdin), contentType: mediaTypes.exec };
}
