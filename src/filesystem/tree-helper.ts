/** Tree operations by one `holdfast-guest layers` process per request: for streams, and where no launcher runs. */
import type { Buffer } from 'node:buffer';
import { type ProcessRunner, runProcess } from '../base/index.ts';
import { encodeFrame, FrameDecoder, messageTypes } from '../guest/index.ts';
import { HoldfastError } from '../schema/index.ts';
import { wireTreeOperations } from './tree-wire.ts';
import type { TreeOperations, TreeTransport, XattrPrefix } from './types.ts';

export interface TreeHelperOptions {
  /** The guest binary. */
  binary: string;
  home: string;
  xattrPrefix: XattrPrefix;
  run?: ProcessRunner;
}

export function helperTreeOperations(options: TreeHelperOptions): TreeOperations {
  return wireTreeOperations(helperTransport(options));
}

const requestId = 1;

/** The process waits at its pipe while a frame's promise is pending. */
export function helperTransport({ binary, home, xattrPrefix, run = runProcess }: TreeHelperOptions): TreeTransport {
  const args = ['layers', '--home', home, ...(xattrPrefix === 'user' ? ['--user-xattrs'] : [])];
  return async (request, scope) => {
    const frames: { type: number; payload: Buffer }[] = [];
    const decoder = new FrameDecoder((type, _id, payload) => frames.push({ type, payload }));
    let answer: Buffer | null = null;
    let failure: unknown = null;
    const outcome = await run(
      {
        file: binary,
        args,
        input: encodeFrame(request.type, requestId, request.payload),
        onStdout: async (chunk) => {
          decoder.push(chunk);
          for (const { type, payload } of frames.splice(0)) {
            if (type === messageTypes.data) await request.onData?.(payload);
            else if (type === messageTypes.error) failure = request.onError(payload);
            else answer = payload;
          }
        },
      },
      scope,
    );
    if (failure) throw failure;
    if (answer) return answer;
    throw new HoldfastError('internal', `${binary} ended without an answer (${outcome.signal ?? outcome.status})`, {
      hint: 'Build the guest again with `npm run build:guest`.',
      details: { stderr: outcome.stderr },
    });
  };
}
