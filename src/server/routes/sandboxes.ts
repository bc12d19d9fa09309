/** Routes of sandboxes: from create to destroy. */
import { z } from 'zod';
import { createSandboxSchema, listSandboxesSchema, sandboxStates } from '../../schema/index.ts';
import { cursorText, flagText, integerText, pairsText } from '../query.ts';
import { pageOf, sandboxSchema } from '../responses.ts';
import { type Route, route } from '../route.ts';

const lifetime = createSandboxSchema.shape.lifetimeMs.unwrap();

export const sandboxRoutes: Route[] = [
  route({
    verb: 'createSandbox',
    method: 'POST',
    path: '/sandboxes',
    summary: 'Create a sandbox',
    status: 201,
    idempotent: true,
    body: createSandboxSchema,
    response: sandboxSchema,
    handle: ({ service, body, options }) => service.createSandbox(body, options),
  }),
  route({
    verb: 'listSandboxes',
    method: 'GET',
    path: '/sandboxes',
    summary: 'List sandboxes, newest first',
    query: z.strictObject({
      state: z.enum(sandboxStates).optional(),
      metadata: pairsText.optional().describe('`key=value`, repeated; all must match'),
      all: flagText.optional().describe('Include sandboxes that are gone'),
      limit: integerText(listSandboxesSchema.shape.limit.unwrap()).optional(),
      cursor: cursorText.optional(),
    }),
    response: pageOf(sandboxSchema),
    handle: ({ service, query, options }) => service.listSandboxes(query, options),
  }),
  route({
    verb: 'getSandbox',
    method: 'GET',
    path: '/sandboxes/{ref}',
    summary: 'Look at one sandbox',
    response: sandboxSchema,
    handle: ({ service, param, options }) => service.getSandbox(param('ref'), options),
  }),
  route({
    verb: 'destroySandbox',
    method: 'DELETE',
    path: '/sandboxes/{ref}',
    summary: 'Destroy a sandbox; repeating it changes nothing',
    response: sandboxSchema,
    handle: ({ service, param, options }) => service.destroySandbox(param('ref'), options),
  }),
  route({
    verb: 'extendSandbox',
    method: 'POST',
    path: '/sandboxes/{ref}/extend',
    summary: 'Count the lifetime anew from now',
    body: z.strictObject({ lifetimeMs: lifetime }),
    response: sandboxSchema,
    handle: ({ service, param, body, options }) => service.extendSandbox(param('ref'), body.lifetimeMs, options),
  }),
  route({
    verb: 'connectSandbox',
    method: 'POST',
    path: '/sandboxes/{ref}/connect',
    summary: 'Resume a sandbox if needed, and count its lifetime anew when one is given',
    body: z.strictObject({ lifetimeMs: lifetime.exactOptional() }),
    response: sandboxSchema,
    handle: ({ service, param, body, options }) => service.connectSandbox(param('ref'), body, options),
  }),
  route({
    verb: 'suspendSandbox',
    method: 'POST',
    path: '/sandboxes/{ref}/suspend',
    summary: 'Freeze a sandbox where it stands, put its memory to disk, or keep its files only',
    body: z.strictObject({ memory: z.boolean().exactOptional(), disk: z.boolean().exactOptional() }),
    response: sandboxSchema,
    handle: ({ service, param, body, options }) => service.suspendSandbox(param('ref'), body, options),
  }),
  route({
    verb: 'resumeSandbox',
    method: 'POST',
    path: '/sandboxes/{ref}/resume',
    summary: 'Let a suspended sandbox go on',
    response: sandboxSchema,
    handle: ({ service, param, options }) => service.resumeSandbox(param('ref'), options),
  }),
];
