/** Routes of fault plans, for whoever scores a run. */
import { faultReportSchema } from '../responses.ts';
import { type Route, route } from '../route.ts';

export const faultRoutes: Route[] = [
  route({
    verb: 'faultReport',
    method: 'GET',
    path: '/sandboxes/{ref}/faults',
    summary: 'Which faults were drawn for a sandbox, which came, in which calls',
    response: faultReportSchema,
    handle: ({ service, param, options }) => service.faultReport(param('ref'), options),
  }),
  route({
    verb: 'stopFaults',
    method: 'POST',
    path: '/sandboxes/{ref}/faults/stop',
    summary: 'End all faults of a sandbox and undo what lasts; repeating it changes nothing',
    response: faultReportSchema,
    handle: ({ service, param, options }) => service.stopFaults(param('ref'), options),
  }),
];
