/** Routes of snapshots: take, look, roll back, fork, compare, carry out and in. */
import { z } from 'zod';
import {
  createSnapshotSchema,
  forkSchema,
  isolations,
  mediaTypes,
  nameSchema,
  sandboxPathSchema,
} from '../../schema/index.ts';
import { bytesAnswer, streamAnswer } from '../answer.ts';
import { bodyPieces } from '../body.ts';
import { cursorText, flagText, integerText, refText } from '../query.ts';
import { diffSchema, pageOf, sandboxSchema, snapshotSchema } from '../responses.ts';
import { type Route, route } from '../route.ts';

const tar = { mediaType: mediaTypes.tar, description: 'A POSIX tar' };
const twoSides = z.strictObject({
  from: refText.exactOptional().describe('A snapshot or a sandbox; absent: what `to` started from'),
  to: refText.describe('A snapshot or a sandbox'),
  path: sandboxPathSchema.exactOptional().describe('Only below this path'),
});

export const snapshotRoutes: Route[] = [
  route({
    verb: 'createSnapshot',
    method: 'POST',
    path: '/sandboxes/{ref}/snapshots',
    summary: 'Take a snapshot of all files',
    status: 201,
    idempotent: true,
    body: createSnapshotSchema,
    response: snapshotSchema,
    handle: ({ service, param, body, options }) => service.createSnapshot(param('ref'), body, options),
  }),
  route({
    verb: 'listSnapshots',
    method: 'GET',
    path: '/snapshots',
    summary: 'List snapshots, newest first',
    query: z.strictObject({
      sandbox: refText.exactOptional(),
      limit: integerText(z.int().min(1).max(1000)).exactOptional(),
      cursor: cursorText.exactOptional(),
    }),
    response: pageOf(snapshotSchema),
    handle: ({ service, query, options }) => service.listSnapshots(query, options),
  }),
  route({
    verb: 'getSnapshot',
    method: 'GET',
    path: '/snapshots/{id}',
    summary: 'Look at one snapshot, by its id or name',
    response: snapshotSchema,
    handle: ({ service, param, options }) => service.getSnapshot(param('id'), options),
  }),
  route({
    verb: 'deleteSnapshot',
    method: 'DELETE',
    path: '/snapshots/{id}',
    summary: 'Delete a snapshot; what was made of it keeps its files',
    status: 204,
    response: null,
    handle: ({ service, param, options }) => service.deleteSnapshot(param('id'), options),
  }),
  route({
    verb: 'verifySnapshot',
    method: 'POST',
    path: '/snapshots/{id}/verify',
    summary: 'Read every byte and compare with the recorded digests',
    endsWithClient: true,
    response: snapshotSchema,
    handle: ({ service, param, options }) => service.verifySnapshot(param('id'), options),
  }),
  route({
    verb: 'rollbackSandbox',
    method: 'POST',
    path: '/sandboxes/{ref}/rollback',
    summary: 'Put the files back to a snapshot; the processes inside end',
    body: z.strictObject({ snapshot: refText }),
    response: sandboxSchema,
    handle: ({ service, param, body, options }) => service.rollbackSandbox(param('ref'), body.snapshot, options),
  }),
  route({
    verb: 'forkSandbox',
    method: 'POST',
    path: '/forks',
    summary: 'Make sandboxes that start where `source`, a sandbox or a snapshot, stands; all or none',
    status: 201,
    body: forkSchema.extend({ source: refText }),
    response: z.array(sandboxSchema),
    handle: ({ service, body: { source, ...input }, options }) => service.forkSandbox(source, input, options),
  }),
  route({
    verb: 'diff',
    method: 'GET',
    path: '/diff',
    summary: 'List what differs between two snapshots or sandboxes',
    query: twoSides,
    response: diffSchema,
    handle: ({ service, query, options }) => service.diff(query, options),
  }),
  route({
    verb: 'patch',
    method: 'GET',
    path: '/patch',
    summary: 'The difference as a patch that `git apply` takes',
    query: twoSides,
    response: { mediaType: mediaTypes.patch, description: 'A patch in git form' },
    async handle({ service, query, options }) {
      return bytesAnswer(new TextEncoder().encode(await service.patch(query, options)), mediaTypes.patch);
    },
  }),
  route({
    verb: 'exportFiles',
    method: 'GET',
    path: '/export',
    summary: 'Carry files out as a tar',
    query: z.strictObject({ source: refText, path: sandboxPathSchema.exactOptional() }),
    response: tar,
    async handle(call) {
      const { source, ...input } = call.query;
      return streamAnswer(await call.service.exportFiles(source, input, call.options), mediaTypes.tar, call);
    },
  }),
  route({
    verb: 'importFiles',
    method: 'POST',
    path: '/import',
    summary: 'Carry a tar in: a snapshot made of a template and the files of the tar below `path`',
    status: 201,
    query: z.strictObject({
      template: refText.exactOptional(),
      isolation: z.enum(isolations).exactOptional(),
      path: sandboxPathSchema.exactOptional(),
      name: nameSchema.exactOptional(),
      throwAway: flagText.exactOptional().describe('Goes with the sandbox made of it; takes no name'),
    }),
    upload: tar,
    response: snapshotSchema,
    handle: (call) => call.service.importFiles(bodyPieces(call), call.query, call.options),
  }),
];
