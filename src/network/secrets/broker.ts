/**
 * The secrets of one sandbox at the gateway: placeholders in, values out, and back.
 *
 * 1. A value leaves only in place of its own placeholder, in a position that the grant declares for it. A placeholder
 *    anywhere else refuses the request, and so does one of a secret that was forgotten, wherever it stands.
 * 2. Every byte of a request that is not a placeholder in such a position goes out as it came, but for the headers that
 *    would make the response unreadable (response.ts).
 * 3. No listed spelling of a value (encodings.ts) comes back, whichever host echoes it.
 */
import { asHoldfastError } from '../../schema/index.ts';
import { decisionOf } from '../gateway/refusals.ts';
import { withoutHeaders } from '../mediation/headers.ts';
import type { MemoryShare } from '../memory.ts';
import type { Grant, RawHeaders, ResponseHead, SecretBroker } from '../types.ts';
import { Frames } from './frames.ts';
import { Keyring } from './keyring.ts';
import { type PlacedRequest, planBody } from './request-body.ts';
import { placeInHead } from './request-head.ts';
import { askReadably, scrubBody, scrubHead, scrubHeaders } from './response.ts';
import { ScrubTable } from './scrub.ts';
import type { BrokerSecret, ForgottenSecret } from './types.ts';

interface BrokerOptions {
  secrets: readonly BrokerSecret[];
  forgotten?: readonly ForgottenSecret[];
}

type Outgoing = ReturnType<SecretBroker['outgoing']>;

export function createBroker({ secrets, forgotten = [] }: BrokerOptions): SecretBroker {
  const keyring = new Keyring(secrets, forgotten);
  const table = new ScrubTable(secrets);
  return {
    // A host may echo under one rule what it got under another: with secrets, every exchange is looked at.
    concerns: () => secrets.length + forgotten.length > 0,
    outgoing: (head, grant, memory) => refusing(() => outgoing(keyring, { head, grant, memory })),
    outgoingTrailers: (trailers, grant) => misplacedIn(keyring, trailers, grant),
    incomingHead: (head: ResponseHead) => scrubHead(table, head),
    incomingBody: (head: ResponseHead, memory: MemoryShare) => scrubBody(table, head, memory),
    incomingTrailers: (trailers: RawHeaders) => scrubHeaders(table, trailers),
    frames: (grant) => new Frames({ keyring, table, grant }),
    scrubText: (text) => table.text(text),
  };
}

function outgoing(keyring: Keyring, request: PlacedRequest): Outgoing {
  const { head, grant } = request;
  const placed = placeInHead(keyring, head, grant);
  const secrets: string[] = [];
  const add = (owners: readonly number[]): void => {
    for (const { name } of owners.map((owner) => keyring.secret(owner)))
      if (!secrets.includes(name)) secrets.push(name);
  };
  add(placed.owners);
  const body = planBody(keyring, request, add);
  const asked = askReadably(placed.headers);
  const headers = body.changesLength ? withoutHeaders(asked, 'content-length') : asked;
  return { allowed: true, target: placed.target, headers, body: body.transform, secrets };
}

function refusing(work: () => Outgoing): Outgoing {
  try {
    return work();
  } catch (error) {
    const decision = decisionOf(asHoldfastError(error));
    if (decision === null) throw error;
    return { allowed: false, decision };
  }
}

function misplacedIn(
  keyring: Keyring,
  trailers: RawHeaders,
  grant: Grant,
): ReturnType<SecretBroker['outgoingTrailers']> {
  const owner = keyring.finder.search(Buffer.from(trailers.join('\n'), 'latin1'));
  return owner === null
    ? null
    : keyring.misplacedDecision(owner, { words: "the request's trailers", position: null }, grant);
}
