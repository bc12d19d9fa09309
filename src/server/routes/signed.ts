/** Routes that need no key but a signed URL. */
import { z } from 'zod';
import { sandboxPathSchema } from '../../schema/index.ts';
import { bodyPieces } from '../body.ts';
import { integerText } from '../query.ts';
import { fileStatSchema } from '../responses.ts';
import { type OpenCall, openRoute, type Route } from '../route.ts';
import { checkGrant } from '../signed.ts';
import { download, fileBytes } from './files.ts';

const path = '/signed/{tenant}/{sandbox}';
const query = z.strictObject({
  path: sandboxPathSchema,
  expires: integerText(z.int().min(0).max(8_640_000_000_000_000)),
  signature: z.string().min(1).max(128),
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
];

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
