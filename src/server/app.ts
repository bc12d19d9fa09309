/**
 * The HTTP API as one function from request to answer, without a socket: routes/ says what there is, this says what
 * holds for all of it.
 *
 * 1. Every failure, also of an unknown route or a wrong method, is `{ error: ErrorBody }` with its code's status.
 * 2. Nothing of a body is read before the caller is known.
 * 3. The tenant comes from the caller's key; no route takes one, but for what carries it signed: URLs of files, webhooks of
 *    channels, tokens of persons.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { type Clock, idMaker, type Log, type RandomSource, systemClock, systemRandom } from '../base/index.ts';
import type { ChannelPort } from '../channels/index.ts';
import { apiPrefix, HoldfastError, type HoldfastService, headerNames } from '../schema/index.ts';
import { type Answer, emptyAnswer, errorAnswer, failureOf, isAnswer, jsonAnswer } from './answer.ts';
import { openApiDocument } from './openapi.ts';
import { refuseRole } from './roles.ts';
import type { Principal, RequestContext, Route } from './route.ts';
import { routes } from './routes/index.ts';

/** What authentication may look at. */
export interface Credentials {
  readonly headers: { get(name: string): string | null };
}

export interface AppOptions {
  /** @throws HoldfastError `unauthenticated` */
  authenticate(request: Credentials): Principal | Promise<Principal>;
  /** For signed URLs, which carry their tenant, and a person where it is one's own. */
  serviceOf(tenant: string, person?: string | null): HoldfastService;
  channels?: ChannelPort | null;
  /** At least 32 random bytes; whoever has them signs URLs. */
  signingKey: Uint8Array;
  log: Log;
  clock?: Clock;
  random?: RandomSource;
  /** Refuses a request before anything else, e.g. for its Host; its headers go onto every answer. */
  guard?: (request: Credentials) => Record<string, string>;
  /** Ends the event streams when the server closes. */
  closing?: AbortSignal;
}

interface Bindings {
  Bindings: { incoming?: IncomingMessage; outgoing?: ServerResponse };
}
export type App = Hono<Bindings>;

const longestParam = 256;

export function createApp(options: AppOptions): App {
  const app = new Hono<Bindings>();
  const answer = answering(options);
  app.get(`${apiPrefix}/openapi.json`, (c) => answer(c, async () => jsonAnswer(openApiDocument())));
  for (const route of routes) {
    app.on(route.method, honoPath(route.path), (c) => answer(c, () => serveRoute(options, route, c)));
  }
  for (const path of new Set([...routes.map((route) => route.path), '/openapi.json'])) {
    app.all(honoPath(path), (c) => answer(c, () => wrongMethod(c, path)));
  }
  app.notFound((c) => answer(c, async () => Promise.reject(unknownRoute(c.req.method, c.req.path))));
  return app;
}

async function serveRoute(options: AppOptions, route: Route, c: Context<Bindings>): Promise<Answer | Response> {
  const request = c.req.raw;
  const principal = route.open ? null : await options.authenticate(request);
  if (principal) refuseRole(principal.role, route.verb);
  const outgoing = c.env?.outgoing;
  const context: RequestContext = {
    request,
    incoming: c.env?.incoming,
    breakOff: outgoing ? (cause) => breakOff(options.log, outgoing, cause) : undefined,
    params: checkedParams(c.req.param()),
    leaving: () => (options.closing ? AbortSignal.any([request.signal, options.closing]) : request.signal),
    clock: options.clock ?? systemClock,
    signingKey: options.signingKey,
    channels: options.channels ?? null,
    serviceOf: options.serviceOf,
  };
  const value = await route.run(context, principal);
  return isAnswer(value) || value instanceof Response ? value : jsonAnswer(value, route.status);
}

function breakOff(log: Log, outgoing: ServerResponse, cause: unknown): void {
  log.warn({ err: cause, path: outgoing.req.url }, 'answer broken off');
  outgoing.destroy();
}

/** Around every request: guard, request id, the one error shape, a line in the log. */
function answering(
  options: AppOptions,
): (c: Context<Bindings>, work: () => Promise<Answer | Response>) => Promise<Response> {
  const { clock = systemClock, random = systemRandom, log, guard } = options;
  const makeId = idMaker(clock, random);
  return async (c, work) => {
    const startedMs = clock.monotonicMs();
    const given = c.req.header(headerNames.requestId);
    const requestId = given !== undefined && /^[\w.-]{1,128}$/.test(given) ? given : makeId('operation');
    const facts = { requestId, method: c.req.method, path: c.req.path };
    let extra: Record<string, string> = {};
    let answer: Answer | Response;
    try {
      extra = guard?.(c.req.raw) ?? {};
      answer = isPreflight(c, extra) ? emptyAnswer() : await work();
    } catch (error) {
      answer = errorAnswer(failureOf(error, log, facts), error instanceof WrongMethod ? { allow: error.allow } : {});
    }
    const response = sent(answer, { [headerNames.requestId]: requestId, ...extra }, c);
    log.debug({ ...facts, status: answer.status, durationMs: clock.monotonicMs() - startedMs }, 'answered');
    return response;
  };
}

/** Onto the socket where there is one; what Hono makes of a HEAD, and streams of events, go through a `Response`. */
function sent(answer: Answer | Response, headers: Record<string, string>, c: Context<Bindings>): Response {
  if (answer instanceof Response) {
    for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
    return answer;
  }
  const outgoing = c.env?.outgoing;
  if (!outgoing || c.req.method === 'HEAD') return answer.toResponse(headers);
  answer.writeTo(outgoing, headers);
  return RESPONSE_ALREADY_SENT;
}

/** A browser asks before it lets a page of an allowed origin call. */
function isPreflight(c: Context<Bindings>, headers: Record<string, string>): boolean {
  const isAsking = c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined;
  return isAsking && 'access-control-allow-origin' in headers;
}

class WrongMethod extends HoldfastError {
  readonly allow: string;

  constructor(method: string, path: string, allow: string) {
    super('invalid-argument', `${path} takes ${allow}, not ${method}`, {
      hint: 'GET /v1/openapi.json lists every route.',
    });
    this.allow = allow;
  }
}

async function wrongMethod(c: Context<Bindings>, path: string): Promise<Response> {
  const allowed = routes.filter((route) => route.path === path).map((route) => route.method);
  throw new WrongMethod(c.req.method, c.req.path, allowed.join(', ') || 'GET');
}

function unknownRoute(method: string, path: string): HoldfastError {
  return new HoldfastError('not-found', `there is no ${method} ${path.slice(0, 200)}`, {
    hint: 'GET /v1/openapi.json lists every route.',
  });
}

function checkedParams(params: Record<string, string>): Record<string, string> {
  for (const [name, value] of Object.entries(params)) {
    if (value.length <= longestParam && !value.includes('\0')) continue;
    throw new HoldfastError('invalid-argument', `{${name}} in the path is longer than ${longestParam} or holds a NUL`);
  }
  return params;
}

function honoPath(path: string): string {
  return apiPrefix + path.replace(/\{(\w+)\}/g, ':$1');
}
