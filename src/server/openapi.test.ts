import { describe, expect, it } from 'vitest';
import { everyVerb } from '../../test/fixtures/every-verb.ts';
import { inProcess } from '../../test/fixtures/served.ts';
import { openApiDocument } from './openapi.ts';
import { routes } from './routes/index.ts';

interface Operation {
  operationId: string;
  summary: string;
  parameters: { name: string; in: string; required: boolean; schema: unknown }[];
  requestBody?: { content: Record<string, { schema?: unknown }> };
  responses: Record<string, { content?: Record<string, { schema?: unknown }> }>;
}
const { paths } = openApiDocument() as { paths: Record<string, Record<string, Operation>> };
const operations = Object.values(paths).flatMap((path) => Object.values(path));

describe('the OpenAPI document', () => {
  it('has every route', () => {
    expect(operations).toHaveLength(routes.length);
  });

  it('carries every verb exactly once', () => {
    const verbs = routes.flatMap((route) => route.verb ?? []);
    expect(verbs.toSorted()).toEqual(Object.keys(everyVerb).toSorted());
  });

  it('names operations uniquely', () => {
    expect(new Set(operations.map((operation) => operation.operationId)).size).toBe(operations.length);
  });

  it('describes every body and answer', () => {
    for (const { operationId, requestBody, responses } of operations) {
      const [status, answer] = Object.entries(responses)[0] ?? [];
      const contents = [requestBody?.content, answer?.content].filter((content) => content !== undefined);
      expect(contents.length > 0 || status === '204' || operationId, operationId).toBeTruthy();
      for (const [type, { schema }] of contents.flatMap((content) => Object.entries(content))) {
        if (type === 'application/json') expect(Object.keys(schema ?? {}), operationId).not.toEqual([]);
      }
    }
  });

  it('says what a query needs', () => {
    const read = paths['/v1/sandboxes/{ref}/files']?.['get'];
    expect(read?.parameters.map(({ name, in: place, required }) => [name, place, required])).toEqual([
      ['ref', 'path', true],
      ['path', 'query', true],
      ['offset', 'query', false],
      ['length', 'query', false],
      ['holdfast-timeout-ms', 'header', false],
    ]);
    expect(read?.parameters[2]?.schema).toMatchObject({ type: 'integer', minimum: 0 });
  });

  it('is served without a key', async () => {
    const response = await inProcess().app.request('/v1/openapi.json');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(openApiDocument());
  });

  it('has these routes and no others', () => {
    const listed = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(listed.toSorted()).toEqual(pinnedRoutes.trim().split('\n').toSorted());
  });
});

const pinnedRoutes = `
DELETE /v1/audit/holds/{hold}
GET /v1/audit/entries
GET /v1/audit/entries/{sequence}
GET /v1/audit/holds
GET /v1/memories
GET /v1/signed/approvals/{tenant}/{approval}
POST /v1/audit/erasures
POST /v1/audit/export
POST /v1/audit/holds
POST /v1/audit/verify
POST /v1/signed/approvals/{tenant}/{approval}
GET /v1/agents/stops
GET /v1/approvals
GET /v1/sessions
GET /v1/sessions/{ref}
GET /v1/sessions/{ref}/entries
GET /v1/sessions/{ref}/updates
POST /v1/channels/{channel}/tokens
POST /v1/channels/{tenant}/{channel}/webhook
GET /v1/channels/{tenant}/{channel}/webhook
POST /v1/chat/{tenant}/{channel}/messages
GET /v1/chat/{tenant}/{channel}/events
POST /v1/chat/{tenant}/{channel}/link
GET /v1/chat/{tenant}/{channel}/links
DELETE /v1/chat/{tenant}/{channel}/links/{address}
POST /v1/agents/allow
POST /v1/agents/stop
POST /v1/approvals/{approval}
POST /v1/sessions
POST /v1/sessions/cancel
POST /v1/sessions/{ref}/cancel
POST /v1/sessions/{ref}/events
POST /v1/sessions/{ref}/fork
POST /v1/sessions/{ref}/pause
POST /v1/sessions/{ref}/resume
DELETE /v1/recordings/{recording}
DELETE /v1/sandboxes/{ref}
DELETE /v1/sandboxes/{ref}/files
DELETE /v1/sandboxes/{ref}/previews/{preview}
DELETE /v1/sandboxes/{ref}/recording
DELETE /v1/secrets/{name}
DELETE /v1/sessions/{ref}
DELETE /v1/snapshots/{id}
DELETE /v1/tapes/{id}
DELETE /v1/templates/{name}
DELETE /v1/watches/{watch}
GET /v1/diff
GET /v1/doctor
GET /v1/events
GET /v1/export
GET /v1/findings
GET /v1/findings/{finding}
GET /v1/health
GET /v1/journal
GET /v1/metrics
GET /v1/patch
GET /v1/recordings
GET /v1/recordings/{recording}
GET /v1/recordings/{recording}/contents/{digest}
GET /v1/recordings/{recording}/events
GET /v1/recordings/{recording}/export
GET /v1/sandboxes
GET /v1/sandboxes/{ref}
GET /v1/sandboxes/{ref}/environment-tokens
GET /v1/sandboxes/{ref}/faults
GET /v1/sandboxes/{ref}/files
GET /v1/sandboxes/{ref}/files/list
GET /v1/sandboxes/{ref}/files/stat
GET /v1/sandboxes/{ref}/files/watch
GET /v1/sandboxes/{ref}/network/flows
GET /v1/sandboxes/{ref}/ports/{port}/connect
GET /v1/sandboxes/{ref}/previews
GET /v1/sandboxes/{ref}/processes
GET /v1/sandboxes/{ref}/processes/{process}/attach
GET /v1/secrets
GET /v1/signed/{tenant}/{sandbox}
GET /v1/snapshots
GET /v1/snapshots/{id}
GET /v1/tapes
GET /v1/tapes/{id}/har
GET /v1/templates
GET /v1/tools
GET /v1/version
GET /v1/watches
POST /v1/findings/{finding}/acknowledge
POST /v1/forks
POST /v1/import
POST /v1/prune
POST /v1/recordings
POST /v1/recordings/{recording}/bisect
POST /v1/recordings/{recording}/calls
POST /v1/recordings/{recording}/forks
POST /v1/recordings/{recording}/replay
POST /v1/recordings/{recording}/test
POST /v1/recordings/{recording}/verify
POST /v1/sandboxes
POST /v1/sandboxes/{ref}/connect
POST /v1/sandboxes/{ref}/exec
POST /v1/sandboxes/{ref}/extend
POST /v1/sandboxes/{ref}/faults/stop
POST /v1/sandboxes/{ref}/files/directory
POST /v1/sandboxes/{ref}/files/move
POST /v1/sandboxes/{ref}/files/search
POST /v1/sandboxes/{ref}/files/sign
POST /v1/sandboxes/{ref}/network/explain
POST /v1/sandboxes/{ref}/previews
POST /v1/sandboxes/{ref}/processes
POST /v1/sandboxes/{ref}/processes/{process}/signal
POST /v1/sandboxes/{ref}/recording
POST /v1/sandboxes/{ref}/recording/events
POST /v1/sandboxes/{ref}/resume
POST /v1/sandboxes/{ref}/rollback
POST /v1/sandboxes/{ref}/snapshots
POST /v1/sandboxes/{ref}/suspend
POST /v1/sandboxes/{ref}/tools
POST /v1/secrets/rotate-key
POST /v1/snapshots/{id}/verify
POST /v1/templates
POST /v1/watches
POST /v1/watches/{watch}/canaries
POST /v1/tests
PUT /v1/sandboxes/{ref}/files
PUT /v1/sandboxes/{ref}/network
PUT /v1/secrets/{name}
PUT /v1/signed/{tenant}/{sandbox}
`;
