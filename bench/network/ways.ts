/** Ways to the origin: straight, and through Holdfast. Those through other proxies are in proxies.ts. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HoldfastService, NetworkPolicyInput } from '../../src/schema/index.ts';
import { type Daemon, newHome, startDaemon } from '../ours.ts';
import { run, type Workbench } from '../workbench.ts';
import type { Load, Measured, Way } from './client.ts';
import { type Origin, originAddress, originName, startResolver } from './origin-process.ts';

export interface NetworkWay {
  id: string;
  label: string;
  skip?: string;
  /** What it is measured against. */
  floor: 'direct' | 'direct-plain';
  load(load: Load): Promise<Measured>;
  /** Seconds that curl took for so many bytes. */
  download(bytes: number): Promise<number>;
}

export interface Ours {
  daemon: Daemon;
  ways: NetworkWay[];
  policy: NetworkPolicyInput;
  /** The sandbox of the ways that no tape records. */
  box: string;
}

const clientPath = join(import.meta.dirname, 'client.ts');
/** A client that stops to collect its garbage would be what is measured. */
const clientFlags = ['--max-semi-space-size=64', '--no-warnings'];
const ownTrust = '/run/holdfast/trust/ca.crt';
const proxy = { host: '127.0.0.1', port: 3128 };
/** Names that may be asked for, as many as one likes. */
export const namesUnder = 'names.bench.test';

export function policyTo({ ports }: Origin): NetworkPolicyInput {
  const rule = { host: originName, addresses: [`${originAddress}/32`] };
  return {
    allow: [
      { ...rule, ports: [ports.tunnel] },
      { ...rule, ports: [ports.mediated], mediate: true },
      { ...rule, ports: [ports.plain], protocol: 'http' },
      { host: `*.${namesUnder}`, ports: [443] },
    ],
  };
}

export async function openOurs(bench: Workbench, origin: Origin): Promise<Ours> {
  const resolver = await startResolver(bench);
  const flags = ['--resolver', resolver, '--trust', origin.authorityPath];
  const daemon = await startDaemon(bench, newHome(bench), flags);
  const policy = policyTo(origin);
  const [box, taped] = await Promise.all([
    equip(daemon.service, policy, origin),
    equip(daemon.service, { ...policy, tape: { mode: 'record' } }, origin),
  ]);
  const { tunnel, mediated, plain } = origin.ports;
  const way = (id: string, label: string, way: Way, sandbox: string = box): NetworkWay => ({
    id,
    label: `Holdfast: ${label}`,
    floor: way.serverName === undefined ? 'direct-plain' : 'direct',
    load: (load) => loadInside(daemon.service, sandbox, { way, load }),
    download: (bytes) => downloadInside(daemon.service, sandbox, { way, bytes }),
  });
  const proxied = { ...tlsTo(mediated), ...proxy, connect: `${originName}:${mediated}`, trust: [ownTrust] };
  const ways = [
    way('tunnel', 'tunnel', { ...tlsTo(tunnel), ...proxy, connect: `${originName}:${tunnel}` }),
    way('transparent', 'tunnel, by a program that knows no proxy', { ...tlsTo(tunnel), host: originName }),
    way('mediated', 'mediated', proxied),
    way('taped', 'mediated and taped', proxied, taped),
    way('http', 'plain HTTP by the proxy', {
      ...proxy,
      target: `http://${originName}:${plain}/`,
      authority: `${originName}:${plain}`,
      trust: [],
    }),
  ];
  return { daemon, ways, policy, box };
}

/** TLS to one of the origin's ports, by a client inside. */
function tlsTo(port: number): Way {
  const trust = ['/workspace/authority.pem'];
  return { host: '', port, serverName: originName, target: '/', authority: `${originName}:${port}`, trust };
}

/** A sandbox with the client in it. */
async function equip(service: HoldfastService, network: NetworkPolicyInput, origin: Origin): Promise<string> {
  const { id } = await service.createSandbox({ network, lifetimeMs: 24 * 3_600_000 });
  await service.writeFile(id, '/workspace/node', await readFile(process.execPath), { mode: 0o755 });
  await service.writeFile(id, '/workspace/client.ts', await readFile(clientPath));
  await service.writeFile(id, '/workspace/authority.pem', Buffer.from(origin.authority));
  return id;
}

async function loadInside(service: HoldfastService, sandbox: string, job: { way: Way; load: Load }): Promise<Measured> {
  const argv = ['/workspace/node', ...clientFlags, '/workspace/client.ts', JSON.stringify(job)];
  const result = await service.exec(sandbox, { argv, outputCapBytes: 64 * 1024 * 1024, timeoutMs: 120_000 });
  return readMeasured(result.exitCode, text(result.stdout), text(result.stderr));
}

async function downloadInside(
  service: HoldfastService,
  sandbox: string,
  { way, bytes }: { way: Way; bytes: number },
): Promise<number> {
  const result = await service.exec(sandbox, { argv: curl(way, bytes), timeoutMs: 300_000 });
  return readSeconds(result.exitCode, text(result.stdout), text(result.stderr));
}

/** As curl asks by this way; Holdfast's own variables for proxies inside are put aside, so that each way says what it is. */
function curl({ host, port, connect, serverName, target, authority, trust }: Way, bytes: number): string[] {
  const output = ['--silent', '--show-error', '--fail', '--http1.1', '--output', '/dev/null'];
  const isProxied = connect !== undefined || target !== '/';
  const through = isProxied ? ['--noproxy', '', '--proxy', `http://${host}:${port}`] : ['--noproxy', '*'];
  const place = connect ?? (host === originAddress ? `${host}:${port}` : authority);
  const elsewhere = serverName !== undefined && place !== authority ? ['--connect-to', `${authority}:${place}`] : [];
  const url = `${serverName === undefined ? 'http' : 'https'}://${authority}/bytes/${bytes}`;
  const asked = [...trust.flatMap((path) => ['--cacert', path]), ...through, ...elsewhere, url];
  return ['curl', ...output, '--write-out', '%{time_total} %{size_download}', ...asked];
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** The same client outside of any sandbox: straight to the origin, or by another proxy. */
export function wayOutside(head: Pick<NetworkWay, 'id' | 'label'> & { skip?: string }, way: Way): NetworkWay {
  return {
    ...head,
    floor: way.serverName === undefined ? 'direct-plain' : 'direct',
    load: async (load) => {
      const argv = [process.execPath, ...clientFlags, clientPath, JSON.stringify({ way, load })];
      const { status, stdout, stderr } = await run(argv);
      return readMeasured(status, stdout, stderr);
    },
    download: async (bytes) => {
      const { status, stdout, stderr } = await run(curl(way, bytes));
      return readSeconds(status, stdout, stderr);
    },
  };
}

export function directWays({ ports, authorityPath }: Origin): NetworkWay[] {
  const { tunnel, plain } = ports;
  const straight = { host: originAddress, target: '/', trust: [authorityPath] };
  return [
    wayOutside(
      { id: 'direct', label: 'TLS straight to the origin (floor)' },
      { ...straight, port: tunnel, serverName: originName, authority: `${originName}:${tunnel}` },
    ),
    wayOutside(
      { id: 'direct-plain', label: 'Plain HTTP straight to the origin (floor)' },
      { ...straight, port: plain, authority: `${originAddress}:${plain}`, trust: [] },
    ),
  ];
}

function readMeasured(status: number | null, stdout: string, stderr: string): Measured {
  if (status !== 0) throw new Error(`the client ended with status ${status}: ${stderr.slice(-500)}`);
  // What client.ts prints.
  return JSON.parse(stdout) as Measured;
}

function readSeconds(status: number | null, stdout: string, stderr: string): number {
  const [seconds, bytes] = stdout.split(' ').map(Number);
  if (status !== 0 || !seconds || !bytes) throw new Error(`curl ended with status ${status}: ${stderr.slice(-500)}`);
  return seconds;
}
