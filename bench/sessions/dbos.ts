/** DBOS Transact in this process, on a PostgreSQL cluster of its own. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { notInstalled, peersDirectory } from '../peers.ts';
import type { Workbench } from '../workbench.ts';
import { type DurableEngine, missing, result } from './engine.ts';
import { startPostgres } from './postgres.ts';

const name = { id: 'dbos', label: 'DBOS on PostgreSQL' };

/** The part of its types that is used. */
interface Dbos {
  setConfig(config: { name: string; systemDatabaseUrl: string; logLevel: string; runAdminServer: boolean }): void;
  registerWorkflow(work: (steps: number) => Promise<void>, config: { name: string }): Workflow;
  runStep(work: () => Promise<string>, config: { name: string }): Promise<string>;
  startWorkflow(workflow: Workflow): (steps: number) => Promise<{ getResult(): Promise<void> }>;
  launch(): Promise<void>;
  shutdown(): Promise<void>;
}
type Workflow = (steps: number) => Promise<void>;

export async function dbosEngine(bench: Workbench): Promise<DurableEngine> {
  if (!existsSync(join(peersDirectory, 'node_modules/@dbos-inc/dbos-sdk'))) return missing(name, notInstalled);
  const postgres = await startPostgres(bench);
  if ('skip' in postgres) return missing(name, postgres.skip);
  const path = createRequire(join(peersDirectory, 'package.json')).resolve('@dbos-inc/dbos-sdk');
  const { DBOS } = (await import(pathToFileURL(path).href)) as { DBOS: Dbos };
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: postgres.url, logLevel: 'error', runAdminServer: false });
  const workflow = DBOS.registerWorkflow(
    async (steps) => {
      for (let done = 0; done < steps; done++) await DBOS.runStep(async () => result, { name: 'work' });
    },
    { name: 'session' },
  );
  await DBOS.launch();
  bench.defer(() => DBOS.shutdown());
  return {
    ...name,
    run: async (steps) => (await DBOS.startWorkflow(workflow)(steps)).getResult(),
  };
}
