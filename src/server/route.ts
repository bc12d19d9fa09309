/**
 * A route as data: the table in routes/ is what the server serves, what the OpenAPI document says, and what the tests
 * walk. Everything a caller sends is parsed here, before a handler sees it.
 */
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Clock } from '../base/index.ts';
import type { ChannelPort } from '../channels/index.ts';
import {
  type CallOptions,
  describeIssue,
  HoldfastError,
  type HoldfastService,
  issuesOf,
  markParsed,
} from '../schema/index.ts';
import { readJson, readWhole } from './body.ts';
import type { Role } from './roles.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Who asks, and the service that is bound to them. */
export interface Principal {
  readonly tenant: string;
  readonly role: Role;
  /** Whose key it is, where it is one person's alone. */
  readonly person?: string;
  readonly service: HoldfastService;
}

/** What is known about a request before its route looks at it. */
export interface RequestContext {
  readonly request: Request;
  /** The socket's own request; absent when the app is asked in-process. */
  readonly incoming: IncomingMessage | undefined;
  readonly params: Readonly<Record<string, string>>;
  /** Ends when the client leaves or the server closes; reads stop then. */
  readonly leaving: () => AbortSignal;
  /** Cuts the connection; absent when the app is asked in-process. */
  readonly breakOff: ((cause: unknown) => void) | undefined;
  readonly clock: Clock;
  readonly signingKey: Uint8Array;
  /** Null where there are none. */
  readonly channels: ChannelPort | null;
  /** For a tenant, and a person, that a signed URL names. */
  serviceOf(tenant: string, person?: string | null): HoldfastService;
}

/** A request to an open route. */
export interface OpenCall<Q, B> extends RequestContext {
  readonly query: Q;
  readonly body: B;
  /** The deadline the caller asked for and, for a read, its leaving. */
  readonly options: CallOptions;
  /** A `{parameter}` of the path. */
  param(name: string): string;
}

export interface Call<Q, B> extends OpenCall<Q, B>, Principal {}

/** The media type of an answer that is not JSON. */
export interface Streamed {
  readonly mediaType: string;
  readonly description: string;
}

interface Facts {
  /** The service's verb it carries; null for the server's own. */
  readonly verb: keyof HoldfastService | null;
  readonly method: Method;
  /** Below `/v1`, with `{parameters}`. */
  readonly path: string;
  readonly summary: string;
  readonly status?: 201 | 204;
  /** Ends when the client leaves. Reads do by nature; nothing that changes something does unless it says so. */
  readonly endsWithClient?: true;
  /** Takes `idempotency-key`. */
  readonly idempotent?: true;
  /** A body of raw bytes, which the handler streams. */
  readonly upload?: Streamed;
}

export interface Route extends Facts {
  readonly query: z.ZodObject | null;
  readonly body: z.ZodType | null;
  readonly response: z.ZodType | Streamed | null;
  /** Answers without a key. */
  readonly open: boolean;
  /** @param principal null on an open route only */
  run(context: RequestContext, principal: Principal | null): Promise<unknown>;
}

interface Definition<Q extends z.ZodObject, B extends z.ZodType> extends Facts {
  readonly query?: Q;
  readonly body?: B;
  /** How the body looks as JSON, where that differs from the value the handler gets. */
  readonly shownBody?: z.ZodType;
  /** Reads the body's value from the wire where JSON is not the only form. */
  readonly readBody?: (context: RequestContext) => Promise<unknown>;
  /** Null: no content. */
  readonly response: z.ZodType | Streamed | null;
}

/** A handler resolves to the answer's JSON value, or to the whole answer. */
type Handler<C> = { handle(call: C): Promise<unknown> };

const noQuery = z.strictObject({});
const noBody = z.undefined();

export function route<Q extends z.ZodObject = typeof noQuery, B extends z.ZodType = typeof noBody>(
  definition: Definition<Q, B> & Handler<Call<z.output<Q>, z.output<B>>>,
): Route {
  return {
    ...shownOf(definition),
    open: false,
    async run(context, principal) {
      if (!principal) throw new HoldfastError('unauthenticated', 'this route needs a key');
      return definition.handle({ ...(await readCall(definition, context)), ...principal });
    },
  };
}

/** A route that answers without a key. */
export function openRoute<Q extends z.ZodObject = typeof noQuery, B extends z.ZodType = typeof noBody>(
  definition: Definition<Q, B> & Handler<OpenCall<z.output<Q>, z.output<B>>>,
): Route {
  return {
    ...shownOf(definition),
    open: true,
    run: async (context) => definition.handle(await readCall(definition, context)),
  };
}

function shownOf<Q extends z.ZodObject, B extends z.ZodType>(
  definition: Definition<Q, B>,
): Omit<Route, 'run' | 'open'> {
  const { query = null, body = null, shownBody = body, readBody: _, ...facts } = definition;
  return { ...facts, query, body: shownBody };
}

async function readCall<Q extends z.ZodObject, B extends z.ZodType>(
  definition: Definition<Q, B>,
  context: RequestContext,
): Promise<OpenCall<z.output<Q>, z.output<B>>> {
  const { query, body, readBody = readJson, upload } = definition;
  const options = optionsOf(definition, context);
  // Without a schema the type is that of the empty query, and of no body.
  const asked = askedOf(query ?? noQuery, context.request.url) as z.output<Q>;
  const key = idempotencyKeyOf(definition, context.request);
  if (!body && !upload) await refuseBody(context);
  const parsed = (body ? parseBody(body, withKey(await readBody(context), key)) : undefined) as z.output<B>;
  return { ...context, query: asked, body: parsed, options, param: (name) => paramOf(context, name) };
}

/** What a schema makes of no query at all is always the same. */
const unasked = new WeakMap<z.ZodObject, unknown>();

function askedOf(schema: z.ZodObject, url: string): unknown {
  if (url.includes('?')) return parse(schema, queryOf(url), 'query');
  const known = unasked.get(schema);
  if (known !== undefined) return known;
  const asked = Object.freeze(parse(schema, {}, 'query'));
  unasked.set(schema, asked);
  return asked;
}

/** The service need not look at it again. */
function parseBody(schema: z.ZodType, value: unknown): unknown {
  const body = parse(schema, value, 'body');
  markParsed(schema, body);
  return body;
}

/** @throws HoldfastError `invalid-argument` that names the field. */
export function parse<T extends z.ZodType>(schema: T, value: unknown, where: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = issuesOf(result.error, value);
  const [first] = issues;
  const what = first ? describeIssue(first) : 'does not fit';
  throw new HoldfastError('invalid-argument', first?.path ? `${where} field ${what}` : `${where}: ${what}`, {
    hint: 'GET /v1/openapi.json describes every field.',
    details: { where, issues },
  });
}

function paramOf({ params }: RequestContext, name: string): string {
  const value = params[name];
  if (value === undefined) throw new HoldfastError('internal', `the route's path has no {${name}}`);
  return value;
}

async function refuseBody(context: RequestContext): Promise<void> {
  const bytes = await readWhole(context, 1024);
  if (bytes.length === 0 || new TextDecoder().decode(bytes).trim() === '{}') return;
  throw new HoldfastError('invalid-argument', 'this route takes no body');
}

const maxTimeoutMs = 30 * 24 * 3_600_000;

function optionsOf(facts: Facts, { request, leaving }: RequestContext): CallOptions {
  const header = request.headers.get('holdfast-timeout-ms');
  const endsWithClient = facts.endsWithClient ?? facts.method === 'GET';
  const options: CallOptions = endsWithClient ? { signal: leaving() } : {};
  if (header === null) return options;
  const timeoutMs = /^\d{1,10}$/.test(header) ? Number(header) : 0;
  if (timeoutMs >= 1 && timeoutMs <= maxTimeoutMs) return { ...options, timeoutMs };
  throw new HoldfastError(
    'invalid-argument',
    `holdfast-timeout-ms is not 1 to ${maxTimeoutMs}: ${header.slice(0, 40)}`,
  );
}

/** One value is a string, several are an array; the schema says which it wants. */
export function queryOf(url: string): Record<string, string | string[]> {
  const start = url.indexOf('?');
  const values: Record<string, string | string[]> = Object.create(null);
  if (start < 0) return values;
  for (const [name, value] of new URLSearchParams(url.slice(start + 1))) {
    const before = values[name];
    values[name] = before === undefined ? value : [before, value].flat();
  }
  return values;
}

function idempotencyKeyOf(facts: Facts, request: Request): string | null {
  const key = request.headers.get('idempotency-key');
  if (key === null || facts.idempotent) return key;
  throw new HoldfastError('invalid-argument', `${facts.method} ${facts.path} takes no idempotency-key`, {
    hint: 'Leave the header out: repeating this call is not made safe by it.',
  });
}

function withKey(body: unknown, key: string | null): unknown {
  if (key === null || typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  if (!('idempotencyKey' in body)) return { ...body, idempotencyKey: key };
  if (body.idempotencyKey === key) return body;
  throw new HoldfastError('invalid-argument', 'the idempotency-key header and idempotencyKey in the body differ');
}
