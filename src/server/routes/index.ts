/** Every route, in the document's order. */
import type { Route } from '../route.ts';
import { auditRoutes } from './audit.ts';
import { faultRoutes } from './faults.ts';
import { fileRoutes } from './files.ts';
import { machineRoutes } from './machine.ts';
import { networkRoutes } from './network.ts';
import { portRoutes } from './ports.ts';
import { processRoutes } from './processes.ts';
import { recordingRoutes } from './recordings.ts';
import { sandboxRoutes } from './sandboxes.ts';
import { sessionRoutes } from './sessions.ts';
import { signedRoutes } from './signed.ts';
import { snapshotRoutes } from './snapshots.ts';
import { watchRoutes } from './watch.ts';

export const routes: readonly Route[] = [
  ...machineRoutes,
  ...sandboxRoutes,
  ...snapshotRoutes,
  ...processRoutes,
  ...fileRoutes,
  ...portRoutes,
  ...networkRoutes,
  ...faultRoutes,
  ...sessionRoutes,
  ...auditRoutes,
  ...watchRoutes,
  ...recordingRoutes,
  ...signedRoutes,
];
