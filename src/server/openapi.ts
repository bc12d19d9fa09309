/** The OpenAPI 3.1 document, made from the routes and their schemas. */
import { z } from 'zod';
import { apiPrefix, errorCodes, headerNames, mediaTypes } from '../schema/index.ts';
import { failureSchema } from './responses.ts';
import type { Route, Streamed } from './route.ts';
import { routes } from './routes/index.ts';

type Json = Record<string, unknown>;

export function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = apiPrefix + route.path;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast',
      version: '1',
      description:
        'Sandboxes with snapshots, rollback and fork. Every failure is `{ error }` with a code of a closed list: ' +
        `${Object.keys(errorCodes).join(', ')}.`,
    },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'Not needed on the unix socket, which is its owner’s.' },
      },
      schemas: { Failure: jsonSchema(failureSchema, 'output') },
      responses: {
        Failure: {
          description: 'Refused or failed; the status follows from the code',
          content: { [mediaTypes.json]: { schema: { $ref: '#/components/schemas/Failure' } } },
        },
      },
    },
  };
}

function operationOf(route: Route): Json {
  const content = bodyOf(route);
  return {
    operationId: route.verb ?? `${route.method.toLowerCase()}${route.path.replace(/[^a-z]+(\w)?/gi, upper)}`,
    summary: route.summary,
    ...(route.open ? { security: [] } : {}),
    parameters: [...pathParameters(route), ...queryParameters(route), ...headerParameters(route)],
    ...(content ? { requestBody: { required: true, content } } : {}),
    responses: {
      [route.status ?? 200]: answerOf(route.response),
      default: { $ref: '#/components/responses/Failure' },
    },
  };
}

function bodyOf(route: Route): Json | null {
  if (route.upload) return { [route.upload.mediaType]: {} };
  return route.body ? { [mediaTypes.json]: { schema: jsonSchema(route.body, 'input') } } : null;
}

function answerOf(response: Route['response']): Json {
  if (response === null) return { description: 'Done' };
  if (isStreamed(response)) return { description: response.description, content: { [response.mediaType]: {} } };
  return { description: 'Done', content: { [mediaTypes.json]: { schema: jsonSchema(response, 'output') } } };
}

function pathParameters(route: Route): Json[] {
  return [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    ...(name === 'ref' ? { description: "A sandbox's id or name" } : {}),
  }));
}

/** The value's own type, not that of the text it is written as. */
function queryParameters({ query }: Route): Json[] {
  return Object.entries(query?.shape ?? {}).map(([name, schema]) => {
    const { description, ...rest } = jsonSchema(schema, 'output');
    const required = schema._zod.optin !== 'optional';
    return { name, in: 'query', required, schema: rest, ...(description ? { description } : {}) };
  });
}

function headerParameters(route: Route): Json[] {
  const timeout = { name: headerNames.timeout, in: 'header', required: false, schema: { type: 'integer', minimum: 1 } };
  const key = { name: headerNames.idempotencyKey, in: 'header', required: false, schema: { type: 'string' } };
  return route.idempotent ? [timeout, key] : [timeout];
}

function isStreamed(response: z.ZodType | Streamed): response is Streamed {
  return 'mediaType' in response;
}

function jsonSchema(schema: z.core.$ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, '~standard': _standard, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

const upper = (_: string, letter?: string): string => letter?.toUpperCase() ?? '';
