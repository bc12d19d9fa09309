/**
 * Writes down what is done: the intent before, the outcome after. Keeps a key's first result.
 *
 * 1. Nothing is executed whose intent is not in the journal; a call that cannot be recorded is refused.
 * 2. A key's call is executed at most once. A repeat gets the first one's outcome, failures included; only a call that
 *    was refused before it began gives its key back. Where a crash came between intent and outcome, the repeat is told
 *    that the outcome is not known.
 * 3. The journal holds digests and short previews of inputs and outputs, never whole ones.
 */
import { canonicalDigest, untilOrEnded } from '../../base/index.ts';
import { errorBodySchema, HoldfastError } from '../../schema/index.ts';
import type { EventBus, IdempotencyKey, Journal, Store } from '../../state/index.ts';
import { plain, summarise } from '../summary.ts';
import type { Call, Outcome, Stage } from '../types.ts';

export interface RecordParts {
  store: Pick<Store, 'idempotency'>;
  journal: Pick<Journal, 'append'>;
  events: Pick<EventBus, 'publish'>;
}

export function record(parts: RecordParts): Stage {
  const running = new Map<string, Promise<Outcome>>();
  return (call, next) => {
    if (call.idempotencyKey === null) return recorded(parts, call, next);
    return once(parts, running, call, call.idempotencyKey, next);
  };
}

async function once(
  parts: RecordParts,
  running: Map<string, Promise<Outcome>>,
  call: Call,
  word: string,
  next: () => Promise<Outcome>,
): Promise<Outcome> {
  const key: IdempotencyKey = { tenant: call.tenant, scope: `call ${call.sandbox}`, key: word };
  const id = JSON.stringify([key.tenant, key.scope, key.key]);
  const request = canonicalDigest({ kind: call.kind, name: call.name, input: plain(call.input) });
  const claim = parts.store.idempotency.claim(key, request);
  if (claim.state === 'done') return thaw(claim.reference);
  if (claim.state === 'new') {
    const first = settle(parts, call, key, recorded(parts, call, next)).finally(() => running.delete(id));
    running.set(id, first);
    return first;
  }
  const first = running.get(id);
  if (claim.state === 'interrupted' || !first) throw outcomeUnknown(call, word);
  return call.scope ? untilOrEnded(first, call.scope) : first;
}

async function settle(
  parts: RecordParts,
  call: Call,
  key: IdempotencyKey,
  outcome: Promise<Outcome>,
): Promise<Outcome> {
  try {
    const settled = await outcome;
    if (call.started) parts.store.idempotency.complete(key, freeze(settled));
    return settled;
  } finally {
    if (!call.started) parts.store.idempotency.release(key);
  }
}

async function recorded(parts: RecordParts, call: Call, next: () => Promise<Outcome>): Promise<Outcome> {
  const about = { callId: call.callId, [call.kind]: call.name };
  const write = (type: string, facts: Record<string, unknown>): void => {
    parts.journal.append({ tenant: call.tenant, sandbox: call.sandbox, type, body: { ...about, ...facts } });
  };
  const announce = (type: 'tool-called' | 'tool-ended', facts: Record<string, unknown>): void => {
    if (call.kind !== 'tool') return;
    parts.events.publish({ type, tenant: call.tenant, sandbox: call.sandbox, data: { ...about, ...facts } });
  };
  write('call-begun', { input: summarise(call.input), idempotencyKey: call.idempotencyKey });
  announce('tool-called', {});
  const outcome = await next();
  const { durationMs, injected } = outcome;
  const ended = {
    ...(outcome.ok
      ? { output: summarise(outcome.value) }
      : { error: errorOf(outcome.error, injected?.isCause ?? false) }),
    ...(injected ? { injected: injected.faults } : {}),
  };
  write('call-ended', { ok: outcome.ok, durationMs, ...ended });
  announce('tool-ended', { ok: outcome.ok, durationMs, ...(outcome.ok ? {} : { code: outcome.error.code }) });
  return outcome;
}

/** Whoever scores the run reads it here; the agent reads the error as it would be without a plan. */
function errorOf({ code, fault, message }: HoldfastError, isInjected: boolean): Record<string, unknown> {
  return { code, fault: isInjected ? 'injected' : fault, message: summarise(message) };
}

function freeze(outcome: Outcome): string {
  return JSON.stringify(outcome.ok ? outcome : { ...outcome, error: outcome.error.toBody() });
}

function thaw(text: string): Outcome {
  // Written by `freeze` and by nobody else; the error is rebuilt as what it was.
  const outcome = JSON.parse(text) as Outcome;
  return outcome.ok ? outcome : { ...outcome, error: HoldfastError.fromBody(errorBodySchema.parse(outcome.error)) };
}

function outcomeUnknown(call: Call, word: string): HoldfastError {
  return new HoldfastError(
    'outcome-unknown',
    `the call of ${call.name} with the key ${word} was begun and its outcome was not recorded; it may have been executed`,
    { hint: 'See in the sandbox what it did; to do it (again), use a new key.', details: { key: word } },
  );
}
