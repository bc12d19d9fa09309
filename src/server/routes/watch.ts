/** Routes of watching: watches and their canaries, findings, and metrics for Prometheus. */
import { z } from 'zod';
import {
  acknowledgeSchema,
  canarySchema,
  listFindingsSchema,
  startWatchSchema,
  watchFindingSchema,
  watchSchema,
} from '../../schema/index.ts';
import { bytesAnswer } from '../answer.ts';
import { type Route, route } from '../route.ts';

/** Of the text exposition format. */
const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

export const watchRoutes: Route[] = [
  route({
    verb: 'startWatch',
    method: 'POST',
    path: '/watches',
    summary: 'Watch a contract on a substrate by canaries; one that is watched is told the new time',
    status: 201,
    body: startWatchSchema,
    response: watchSchema,
    handle: ({ service, body, options }) => service.startWatch(body, options),
  }),
  route({
    verb: 'listWatches',
    method: 'GET',
    path: '/watches',
    summary: 'List what is watched, with the last canary of each',
    response: z.array(watchSchema),
    handle: ({ service, options }) => service.listWatches(options),
  }),
  route({
    verb: 'stopWatch',
    method: 'DELETE',
    path: '/watches/{watch}',
    summary: 'Stop a watch; its findings go with it',
    status: 204,
    response: null,
    handle: ({ service, param, options }) => service.stopWatch(param('watch'), options),
  }),
  route({
    verb: 'runCanary',
    method: 'POST',
    path: '/watches/{watch}/canaries',
    summary: 'Make a canary now and wait for it; with `renew` later ones are compared with it',
    status: 201,
    body: z.strictObject({ renew: z.boolean().exactOptional() }),
    response: canarySchema,
    handle: ({ service, param, body, options }) => service.runCanary(param('watch'), body, options),
  }),
  route({
    verb: 'listFindings',
    method: 'GET',
    path: '/findings',
    summary: 'List the drifts that canaries found, last seen first',
    query: listFindingsSchema,
    response: z.array(watchFindingSchema),
    handle: ({ service, query, options }) => service.listFindings(query, options),
  }),
  route({
    verb: 'getFinding',
    method: 'GET',
    path: '/findings/{finding}',
    summary: 'Look at one finding',
    response: watchFindingSchema,
    handle: ({ service, param, options }) => service.getFinding(param('finding'), options),
  }),
  route({
    verb: 'acknowledgeFinding',
    method: 'POST',
    path: '/findings/{finding}/acknowledge',
    summary: 'Say that somebody knows of a finding',
    body: acknowledgeSchema,
    response: watchFindingSchema,
    handle: ({ service, param, body, options }) => service.acknowledgeFinding(param('finding'), body, options),
  }),
  route({
    verb: 'metrics',
    method: 'GET',
    path: '/metrics',
    summary: 'Numbers of the caller’s tenant, or of all for the owner, in Prometheus’ text format',
    response: { mediaType: metricsType, description: 'Prometheus text exposition format 0.0.4' },
    handle: async ({ service, options }) =>
      bytesAnswer(new TextEncoder().encode(await service.metrics(options)), metricsType),
  }),
];
