/** A Restate server of one node, with its own defaults, and its SDK's handler in this process. */
import { existsSync } from 'node:fs';
import { createServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startProcess } from '../network/origin-process.ts';
import { notInstalled, peersDirectory } from '../peers.ts';
import type { Workbench } from '../workbench.ts';
import { type DurableEngine, missing, result } from './engine.ts';
import { freePort } from './free-port.ts';

const name = { id: 'restate', label: 'Restate, one node' };
const readyWithinMs = 30_000;

/** The part of its types that is used. */
interface Sdk {
  object(facts: { name: string; handlers: Record<string, Handler> }): unknown;
  createEndpointHandler(options: {
    services: unknown[];
    logger: () => void;
  }): (request: Http2ServerRequest, response: Http2ServerResponse) => void;
}
type Handler = (context: Context, steps: number) => Promise<number>;
interface Context {
  run(name: string, work: () => Promise<string>): Promise<string>;
}

export async function restateEngine(bench: Workbench): Promise<DurableEngine> {
  const modules = join(peersDirectory, 'node_modules/@restatedev');
  const program = join(modules, `restate-server-linux-${process.arch}/bin/restate-server`);
  if (!existsSync(program) || !existsSync(join(modules, 'restate-sdk'))) return missing(name, notInstalled);
  const [ingress, admin, fabric, worker] = await Promise.all([freePort(), freePort(), freePort(), serveWork(bench)]);
  startProcess(bench, program, ['--base-dir', join(bench.directory, 'restate'), '--no-logo'], {
    ...process.env,
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_ADDRESS: `127.0.0.1:${fabric}`,
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${fabric}`,
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    RESTATE_LOG_FILTER: 'error',
    DO_NOT_TRACK: '1',
  }).stdout?.resume();
  await register(admin, worker);
  let sessions = 0;
  return {
    ...name,
    run: async (steps) => {
      const answer = await fetch(`http://127.0.0.1:${ingress}/session/s${sessions++}/work`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(steps),
      });
      const text = await answer.text();
      if (text !== String(steps)) throw new Error(`Restate answered ${answer.status}: ${text.slice(0, 200)}`);
    },
  };
}

async function serveWork(bench: Workbench): Promise<number> {
  const path = createRequire(join(peersDirectory, 'package.json')).resolve('@restatedev/restate-sdk');
  const sdk = (await import(pathToFileURL(path).href)) as Sdk;
  const work: Handler = async (context, steps) => {
    for (let done = 0; done < steps; done++) await context.run('work', async () => result);
    return steps;
  };
  const session = sdk.object({ name: 'session', handlers: { work } });
  const server = createServer(sdk.createEndpointHandler({ services: [session], logger: () => undefined }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  bench.defer(async () => void server.close());
  // A TCP server has such an address.
  return (server.address() as AddressInfo).port;
}

/** As soon as it answers, and its partitions have a leader. */
async function register(admin: number, worker: number): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  for (let last = 'no answer'; ; ) {
    const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://127.0.0.1:${worker}` }),
    }).catch((error: unknown) => String(error));
    if (typeof answer !== 'string' && answer.ok) return;
    last = typeof answer === 'string' ? answer : await answer.text();
    if (performance.now() > deadline) throw new Error(`Restate took no deployment: ${last.slice(0, 300)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
