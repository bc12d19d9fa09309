/** Routes of ports inside: previews. Connecting to one is a WebSocket: connect.ts. */
import { z } from 'zod';
import { HoldfastError, mediaTypes, previewSchema, sharePortSchema } from '../../schema/index.ts';
import { type Route, route } from '../route.ts';

export const portRoutes: Route[] = [
  route({
    verb: 'connectPort',
    method: 'GET',
    path: '/sandboxes/{ref}/ports/{port}/connect',
    summary: 'Connect to a port inside, over a WebSocket of subprotocol `holdfast.connect.v1`',
    response: { mediaType: mediaTypes.bytes, description: 'Binary messages are bytes, text messages say the rest' },
    handle() {
      throw new HoldfastError('invalid-argument', 'connecting needs a WebSocket', {
        hint: 'Open it with `Upgrade: websocket` and subprotocol holdfast.connect.v1.',
      });
    },
  }),
  route({
    verb: 'sharePort',
    method: 'POST',
    path: '/sandboxes/{ref}/previews',
    summary: 'Make a port reachable at a URL of its own, for a while',
    status: 201,
    body: sharePortSchema,
    response: previewSchema,
    handle: ({ service, param, body, options }) => service.sharePort(param('ref'), body, options),
  }),
  route({
    verb: 'listPreviews',
    method: 'GET',
    path: '/sandboxes/{ref}/previews',
    summary: 'List the previews that work, oldest first',
    response: z.array(previewSchema),
    handle: ({ service, param, options }) => service.listPreviews(param('ref'), options),
  }),
  route({
    verb: 'revokePreview',
    method: 'DELETE',
    path: '/sandboxes/{ref}/previews/{preview}',
    summary: 'Take a preview back; what is open of it is cut',
    status: 204,
    response: null,
    handle: ({ service, param, options }) => service.revokePreview(param('ref'), param('preview'), options),
  }),
];
