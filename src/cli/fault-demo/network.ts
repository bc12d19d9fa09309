/** Demonstrations of what goes over the network: against a server of our own on this machine, by curl from inside. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FaultKind, NetworkInput } from '../../schema/index.ts';
import type { Demonstration, Ran, Watching } from './demonstrate.ts';

type NetworkKind = Extract<FaultKind, `network.${string}`>;

/** Nothing needs to be there: the gateway answers lookups and greetings by itself. */
const name = 'service.holdfast.example';
const body = 'x'.repeat(8192);

/** The server's port is known only when it listens, and the policy before: all of this machine's. */
const network: NetworkInput = {
  allow: [
    { host: name, mediate: true },
    { host: name, protocol: 'http' },
    { host: '127.0.0.1', protocol: 'http', ports: [18_099], addresses: ['127.0.0.1/32'] },
  ],
};
const port = 18_099;
/** curl leaves loopback addresses to itself otherwise. */
const curl = "curl -sS --max-time 20 --noproxy ''";

async function served<T>(work: () => Promise<T>): Promise<T> {
  const server: Server = createServer((_request, response) => response.end(body));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  try {
    return await work();
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const seenOf = ({ stderr, text, exitCode }: Ran): string =>
  (stderr.trim().split('\n').at(-1) || text.trim().slice(0, 120) || `exit ${exitCode}`).trim();

const fetching =
  (test: (ran: Ran) => boolean, options = ''): Demonstration['watch'] =>
  (demo: Watching) =>
    served(async () => {
      const ran = await demo.run(`${curl} ${options} http://127.0.0.1:${portOf()}/`, { timeoutMs: 30_000 });
      return test(ran) ? seenOf(ran) : null;
    });

const portOf = (): AddressInfo['port'] => port;

export const networkDemonstrations: Record<NetworkKind, Demonstration> = {
  'network.no-name': {
    sandbox: { network },
    watch: async ({ run }) => {
      const { exitCode } = await run(`getent hosts ${name}`);
      return exitCode === 0 ? null : `${name} has no address`;
    },
  },
  'network.slow-name': {
    sandbox: { network },
    fault: { delay: 300 },
    watch: async ({ run }) => {
      const { exitCode, durationMs } = await run(`getent hosts ${name}`);
      return exitCode === 0 && durationMs > 290 ? `the name took ${Math.round(durationMs)} ms` : null;
    },
  },
  'network.refuse': { sandbox: { network }, watch: fetching(({ text }) => text.includes('refuses')) },
  'network.drop': {
    sandbox: { network },
    fault: { mostMs: 500 },
    watch: fetching(({ text, durationMs }) => text.includes('did not answer') && durationMs > 490),
  },
  'network.reset': {
    sandbox: { network },
    watch: fetching(({ exitCode, text }) => exitCode !== 0 && text.length < body.length),
  },
  'network.tls-failure': {
    sandbox: { network },
    watch: async ({ run }) => {
      const ran = await run(`${curl} https://${name}/`, { timeoutMs: 30_000 });
      return ran.exitCode === 35 ? seenOf(ran) : null;
    },
  },
  'network.latency': {
    sandbox: { network },
    fault: { delay: 400 },
    watch: fetching(
      ({ text, durationMs }) => text === body && durationMs > 390,
      "-w '%{stderr}answered in %{time_total} s'",
    ),
  },
  'network.bandwidth': {
    sandbox: { network },
    fault: { bytesPerSecond: 8192 },
    watch: fetching(
      ({ text, durationMs }) => text === body && durationMs > 700,
      "-w '%{stderr}%{speed_download} bytes in a second'",
    ),
  },
  'network.early-close': {
    sandbox: { network },
    fault: { afterBytes: 2048 },
    watch: fetching(({ exitCode, text }) => exitCode !== 0 && text.length > 0 && text.length < body.length),
  },
  'network.server-error': { sandbox: { network }, watch: fetching(({ exitCode }) => exitCode === 22, '-f') },
  'network.redirect-loop': {
    sandbox: { network },
    watch: fetching(({ exitCode }) => exitCode === 47, '-L --max-redirs 20'),
  },
};
