/**
 * The typed client: every verb of `HoldfastService` over HTTP. It runs in Node, browsers and workers, loads no zod, and
 * takes its transport from the platform or from base/http.ts (a unix socket).
 */
import type { CallOptions, HoldfastService } from '../schema/index.ts';
import { auditVerbs } from './audit.ts';
import { Caller, type CallerOptions } from './call.ts';
import { fileVerbs, type SignedFile, type SignFile, signFile } from './files.ts';
import { machineVerbs } from './machine.ts';
import { networkVerbs } from './network.ts';
import { portVerbs } from './ports.ts';
import { processVerbs } from './processes.ts';
import { recordingVerbs } from './recordings.ts';
import { faultVerbs, sandboxVerbs, snapshotVerbs } from './sandboxes.ts';
import { sessionVerbs } from './sessions.ts';
import type { OpenSocket } from './transport.ts';
import { watchVerbs } from './watch.ts';

export { Box, type Boxes, BoxFiles, boxes, type ExecOutcome } from '../schema/box.ts';
export { HoldfastError, isHoldfastError } from '../schema/error-class.ts';
export type { SignedFile, SignFile } from './files.ts';
export type { Fetch, HttpRequest, HttpResponse, OpenSocket, Socket } from './transport.ts';

export interface ClientOptions extends CallerOptions {
  openSocket?: OpenSocket;
}

export interface HoldfastClient extends HoldfastService {
  /** An expiring URL for one file that works without a key. */
  signFile(ref: string, input: SignFile, options?: CallOptions): Promise<SignedFile>;
}

export function createClient(options: ClientOptions): HoldfastClient {
  const caller = new Caller(options);
  const openSocket = options.openSocket ?? ((url, protocols) => new WebSocket(url, protocols));
  return {
    ...sandboxVerbs(caller),
    ...snapshotVerbs(caller),
    ...processVerbs(caller, openSocket),
    ...fileVerbs(caller),
    ...portVerbs(caller, openSocket),
    ...networkVerbs(caller),
    ...faultVerbs(caller),
    ...sessionVerbs(caller),
    ...auditVerbs(caller),
    ...watchVerbs(caller),
    ...recordingVerbs(caller),
    ...machineVerbs(caller),
    signFile: (ref, input, callOptions) => signFile(caller, ref, input, callOptions),
  };
}
