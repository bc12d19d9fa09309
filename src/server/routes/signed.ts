/** Routes that need no key but a signed URL. */
import { z } from 'zod';
import {
  type Approval,
  decideApprovalSchema,
  HoldfastError,
  type HoldfastService,
  sandboxPathSchema,
} from '../../schema/index.ts';
import { bodyPieces } from '../body.ts';
import { integerText } from '../query.ts';
import { fileStatSchema } from '../responses.ts';
import { type OpenCall, openRoute, type Route } from '../route.ts';
import { approvalSchema } from '../session-responses.ts';
import { checkApprovalGrant, checkGrant } from '../signed.ts';
import { download, fileBytes } from './files.ts';

const path = '/signed/{tenant}/{sandbox}';
const approvalPath = '/signed/approvals/{tenant}/{approval}';
const signedBy = {
  expires: integerText(z.int().min(0).max(8_640_000_000_000_000)),
  signature: z.string().min(1).max(128),
};
const approvalQuery = z.strictObject({ person: z.string().min(1).max(128), ...signedBy });
const query = z.strictObject({
  path: sandboxPathSchema,
  ...signedBy,
});

export const signedRoutes: Route[] = [
  openRoute({
    verb: null,
    method: 'GET',
    path,
    summary: 'Download by a signed URL',
    query,
    response: fileBytes,
    handle(call) {
      admit(call, 'GET');
      return download({ ...call, service: call.serviceOf(call.param('tenant')) }, call.param('sandbox'), {
        path: call.query.path,
      });
    },
  }),
  openRoute({
    verb: null,
    method: 'PUT',
    path,
    summary: 'Upload by a signed URL',
    query,
    upload: fileBytes,
    response: fileStatSchema,
    handle(call) {
      admit(call, 'PUT');
      const service = call.serviceOf(call.param('tenant'));
      return service.writeFile(call.param('sandbox'), call.query.path, bodyPieces(call), call.options);
    },
  }),
  openRoute({
    verb: null,
    method: 'GET',
    path: approvalPath,
    summary: 'What a signed link lets its person decide; nothing is decided by looking',
    query: approvalQuery,
    response: approvalSchema,
    async handle(call) {
      const approval = call.param('approval');
      const open = await deciding(call).listApprovals(call.options);
      const found = open.find(({ id }: Approval) => id === approval);
      if (found) return found;
      throw new HoldfastError('not-found', `no approval ${JSON.stringify(approval)} is asked for`, {
        hint: 'It is decided, or its time is over.',
      });
    },
  }),
  openRoute({
    verb: null,
    method: 'POST',
    path: approvalPath,
    summary: 'Approve or deny by a signed link, once',
    query: approvalQuery,
    body: decideApprovalSchema,
    response: approvalSchema,
    handle: (call) => deciding(call).decideApproval(call.param('approval'), call.body, call.options),
  }),
];

/** As the person that the link is for. */
function deciding(call: OpenCall<z.output<typeof approvalQuery>, unknown>): HoldfastService {
  const { person, expires, signature } = call.query;
  const tenant = call.param('tenant');
  const grant = { tenant, approval: call.param('approval'), person, expiresAtMs: expires };
  checkApprovalGrant(call.signingKey, grant, signature, call.clock.nowMs());
  return call.serviceOf(tenant, person);
}

function admit(call: OpenCall<z.output<typeof query>, undefined>, method: 'GET' | 'PUT'): void {
  const { path: file, expires, signature } = call.query;
  const grant = {
    method,
    tenant: call.param('tenant'),
    sandbox: call.param('sandbox'),
    path: file,
    expiresAtMs: expires,
  };
  checkGrant(call.signingKey, grant, signature, call.clock.nowMs());
}
