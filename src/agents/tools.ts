/** What an agent can call, whatever does the work: a tool inside a sandbox, a function of the host. */
import { z } from 'zod';
import { canonicalDigest, canonicalJson, type Scope } from '../base/index.ts';
import { asHoldfastError, type ErrorBody, errorBodySchema, HoldfastError, parseInput } from '../schema/index.ts';
import type { Store } from '../state/index.ts';

export interface CallContext {
  /** The same when a crash makes it be called again. */
  key: string;
  tenant: string;
  person: string;
  /** For whom, from the first agent to the one that calls; those of other runtimes behind the name of theirs. */
  agents: readonly string[];
  session: string;
  sandbox: string | null;
  scope: Scope;
}

export type CallResult = { ok: true; output: unknown } | { ok: false; error: ErrorBody };

export interface AgentTool {
  readonly name: string;
  readonly description: string;
  readonly capability: string;
  readonly risk: 'read' | 'write' | 'irreversible';
  /** Its result may say anything: what is derived from it is not trusted. */
  readonly untrusted: boolean;
  /** Absent: whoever does its work sees to it that nothing is done twice. */
  readonly idempotent?: boolean;
  /** JSON Schema. */
  readonly input: unknown;
  /** Fails as a result, never by throwing, and does nothing twice for one key. */
  call(input: unknown, context: CallContext): Promise<CallResult>;
}

export interface HostToolFacts<I extends z.ZodType, O extends z.ZodType> {
  name: string;
  description: string;
  capability: string;
  risk: AgentTool['risk'];
  /** May be done again for the same key when it is not known whether it was done. */
  idempotent: boolean;
  /** True where the result comes from outside. */
  untrusted: boolean;
  input: I;
  output: O;
  run(input: z.output<I>, context: CallContext): Promise<z.input<O>>;
}

/** Of whatever input and output. */
export type AnyHostTool = HostToolFacts<z.ZodType, z.ZodType>;

const mostOutputBytes = 256 * 1024;

/** A function of the host as a tool. What it did for a key is kept: a key is done once, or its outcome is said to be unknown. */
export function hostTool<I extends z.ZodType, O extends z.ZodType>(
  facts: HostToolFacts<I, O>,
  store: Pick<Store, 'idempotency' | 'durable'>,
): AgentTool {
  const { name, description, capability, risk, untrusted, idempotent } = facts;
  refuseUnstorable(facts);
  return {
    name,
    description,
    capability,
    risk,
    untrusted,
    idempotent,
    input: z.toJSONSchema(facts.input, { io: 'input' }),
    call: async (given, context) => {
      try {
        const input = parseInput(facts.input, given, name);
        return await once(facts, store, { given, input }, context);
      } catch (error) {
        return { ok: false, error: asHoldfastError(error).toBody() };
      }
    },
  };
}

/** Before there is an effect that nobody could be told of. */
function refuseUnstorable({ name, output }: Pick<AnyHostTool, 'name' | 'output'>): void {
  try {
    z.toJSONSchema(output, { io: 'output' });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HoldfastError('invalid-argument', `what ${name} answers cannot be stored: ${why}`, {
      hint: 'Let it answer plain data, e.g. z.iso.datetime() for a date, z.record() for a map.',
      cause: error,
    });
  }
}

async function once<I extends z.ZodType, O extends z.ZodType>(
  facts: HostToolFacts<I, O>,
  { idempotency, durable }: Pick<Store, 'idempotency' | 'durable'>,
  { given, input }: { given: unknown; input: z.output<I> },
  context: CallContext,
): Promise<CallResult> {
  const key = { tenant: context.tenant, scope: 'host tool', key: context.key };
  const request = canonicalDigest({ tool: facts.name, input: given });
  const claim = idempotency.claim(key, request);
  if (claim.state === 'done') return storedResult.parse(JSON.parse(claim.reference)) as CallResult;
  if (claim.state !== 'new' && !facts.idempotent) throw unknown(facts.name, context.key);
  await durable();
  const result = await attempt(facts, input, context);
  idempotency.complete(key, JSON.stringify(result));
  return result;
}

const storedResult = z.union([
  z.object({ ok: z.literal(true), output: z.unknown() }),
  z.object({ ok: z.literal(false), error: errorBodySchema }),
]);

async function attempt<I extends z.ZodType, O extends z.ZodType>(
  facts: HostToolFacts<I, O>,
  input: z.output<I>,
  context: CallContext,
): Promise<CallResult> {
  try {
    const answered = await facts.run(input, context);
    return { ok: true, output: kept(facts, answered, context.key) };
  } catch (error) {
    return { ok: false, error: asHoldfastError(error).toBody() };
  }
}

/** @throws HoldfastError that does not invite whoever hears it to do again what was done */
function kept(
  { name, output, risk }: Pick<AnyHostTool, 'name' | 'output' | 'risk'>,
  answered: unknown,
  key: string,
): unknown {
  const text = textOf(output, answered);
  if (typeof text === 'string' && Buffer.byteLength(text) <= mostOutputBytes) return JSON.parse(text);
  const isLarge = typeof text === 'string';
  const why = isLarge ? `answered more than ${mostOutputBytes} bytes` : `answered what ${text.why}`;
  if (risk === 'read') throw new HoldfastError(isLarge ? 'file-too-large' : 'internal', `${name} ${why}`);
  throw new HoldfastError('outcome-unknown', `${name} was called and did its work, but ${why}`, {
    fault: 'bug',
    hint: 'Look what it did before it is done again; its answer is not known.',
    details: { key },
  });
}

function textOf(output: z.ZodType, answered: unknown): string | { why: string } {
  const value = output.safeParse(answered);
  if (!value.success) return { why: 'its schema does not allow' };
  try {
    return canonicalJson(value.data ?? null);
  } catch (error) {
    return { why: `cannot be stored: ${asHoldfastError(error).message}` };
  }
}

function unknown(tool: string, key: string): HoldfastError {
  return new HoldfastError(
    'outcome-unknown',
    `the call of ${tool} was begun and its outcome was not recorded; it may have been executed`,
    { hint: 'Look what it did before it is done again.', details: { key } },
  );
}
