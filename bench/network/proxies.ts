/**
 * Other proxies as ways to the same origin: squid (CONNECT, and its reading of TLS), mitmproxy (the same two), and nginx as what
 * any reading of TLS costs at least: it decrypts and encrypts, in C, and looks at nothing. Each as its own documents say, with
 * caching, logs and screens off; bench/peers/install.sh brings them.
 */
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { notInstalled, peersDirectory, unpackedPaths } from '../peers.ts';
import { run, type Workbench } from '../workbench.ts';
import type { Way } from './client.ts';
import { newAuthority, type Origin, originAddress, originName, startProcess } from './origin-process.ts';
import { type NetworkWay, wayOutside } from './ways.ts';

const startsWithinMs = 20_000;
const squidProgram = join(peersDirectory, 'system/usr/sbin/squid');
const certificates = join(peersDirectory, 'system/usr/lib/squid/security_file_certgen');
const nginxProgram = join(peersDirectory, 'system/usr/sbin/nginx');
const nginxStream = join(peersDirectory, 'system/usr/lib/nginx/modules/ngx_stream_module.so');
const python = join(peersDirectory, 'system/python');

interface Reach {
  proxyPort: number;
  originPort: number;
  trust: string;
}

const tlsBy = ({ proxyPort, originPort, trust }: Reach): Way => ({
  host: originAddress,
  port: proxyPort,
  connect: `${originAddress}:${originPort}`,
  serverName: originName,
  target: '/',
  authority: `${originName}:${originPort}`,
  trust: [trust],
});

const plainBy = (proxyPort: number, originPort: number): Way => ({
  host: originAddress,
  port: proxyPort,
  target: `http://${originAddress}:${originPort}/`,
  authority: `${originAddress}:${originPort}`,
  trust: [],
});

export async function squidWays(bench: Workbench, { ports, authorityPath }: Origin): Promise<NetworkWay[]> {
  const heads = {
    tunnel: { id: 'squid-tunnel', label: 'squid: tunnel' },
    mediated: { id: 'squid-mediated', label: 'squid: mediated (ssl-bump)' },
    http: { id: 'squid-http', label: 'squid: plain HTTP' },
  };
  const skip = existsSync(squidProgram) ? await startError(startSquid(bench, authorityPath)) : notInstalled;
  if (typeof skip === 'string') return Object.values(heads).map((head) => skipped(head, skip));
  const { plainPort, bumpPort, trust } = skip;
  return [
    wayOutside(heads.tunnel, tlsBy({ proxyPort: plainPort, originPort: ports.tunnel, trust: authorityPath })),
    wayOutside(heads.mediated, tlsBy({ proxyPort: bumpPort, originPort: ports.mediated, trust })),
    wayOutside(heads.http, plainBy(plainPort, ports.plain)),
  ];
}

async function startSquid(
  bench: Workbench,
  authorityPath: string,
): Promise<{ plainPort: number; bumpPort: number; trust: string }> {
  const directory = join(bench.directory, 'squid');
  await mkdir(directory, { recursive: true });
  // It gives up root for `proxy` where it was started by it.
  await chmod(bench.directory, 0o755);
  await chmod(directory, 0o777);
  const authority = await newAuthority('bench squid authority');
  const trust = join(directory, 'authority.pem');
  await writeFile(trust, authority.certificate);
  await writeFile(join(directory, 'bump.pem'), `${authority.certificate}\n${authority.key}`);
  const env = { ...process.env, ...unpackedPaths() };
  const database = join(directory, 'certificates');
  await run([certificates, '-c', '-s', database, '-M', '4MB'], { env });
  await run(['chmod', '-R', 'a+rwX', database]);
  const [plainPort, bumpPort] = [await freePort(), await freePort()];
  const share = join(peersDirectory, 'system/usr/share/squid');
  const configuration = join(directory, 'squid.conf');
  await writeFile(
    configuration,
    [
      `http_port ${originAddress}:${plainPort}`,
      `http_port ${originAddress}:${bumpPort} ssl-bump tls-cert=${join(directory, 'bump.pem')} generate-host-certificates=on dynamic_cert_mem_cache_size=4MB`,
      `sslcrtd_program ${certificates} -s ${database} -M 4MB`,
      'sslcrtd_children 1 startup=1 idle=1',
      'acl first at_step SslBump1',
      'ssl_bump peek first',
      'ssl_bump bump all',
      `tls_outgoing_options cafile=${authorityPath}`,
      'http_access allow all',
      'cache deny all',
      'access_log none',
      'cache_log stdio:/dev/null',
      'cache_store_log none',
      'shutdown_lifetime 0 seconds',
      'pid_filename none',
      'pinger_enable off',
      `unlinkd_program ${join(peersDirectory, 'system/usr/lib/squid/unlinkd')}`,
      `mime_table ${join(share, 'mime.conf')}`,
      `icon_directory ${join(share, 'icons')}`,
      `error_directory ${join(peersDirectory, 'system/usr/share/squid-langpack/templates')}`,
      `coredump_dir ${directory}`,
      'visible_hostname bench',
      '',
    ].join('\n'),
  );
  const child = startProcess(bench, squidProgram, ['-N', '-f', configuration], env);
  await untilListening(child, [plainPort, bumpPort]);
  return { plainPort, bumpPort, trust };
}

export async function mitmproxyWays(bench: Workbench, { ports, authorityPath }: Origin): Promise<NetworkWay[]> {
  const heads = {
    tunnel: { id: 'mitmproxy-tunnel', label: 'mitmproxy: tunnel (ignored host)' },
    mediated: { id: 'mitmproxy-mediated', label: 'mitmproxy: mediated' },
    http: { id: 'mitmproxy-http', label: 'mitmproxy: plain HTTP' },
  };
  const isThere = existsSync(join(python, 'bin/mitmdump'));
  const started = isThere ? await startError(startMitmproxy(bench, authorityPath)) : notInstalled;
  if (typeof started === 'string') return Object.values(heads).map((head) => skipped(head, started));
  const { tunnelPort, readingPort, trust } = started;
  return [
    wayOutside(heads.tunnel, tlsBy({ proxyPort: tunnelPort, originPort: ports.tunnel, trust: authorityPath })),
    wayOutside(heads.mediated, tlsBy({ proxyPort: readingPort, originPort: ports.mediated, trust })),
    wayOutside(heads.http, plainBy(readingPort, ports.plain)),
  ];
}

async function startMitmproxy(
  bench: Workbench,
  authorityPath: string,
): Promise<{ tunnelPort: number; readingPort: number; trust: string }> {
  const directory = join(bench.directory, 'mitmproxy');
  const [tunnelPort, readingPort] = [await freePort(), await freePort()];
  const start = (port: number, more: string[]): ChildProcess => {
    const set = { confdir: directory, ssl_verify_upstream_trusted_ca: authorityPath, stream_large_bodies: '1m' };
    const settings = Object.entries(set).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    const program = ['-c', 'from mitmproxy.tools.main import mitmdump; mitmdump()', '--quiet'];
    const argv = [...program, '--listen-host', originAddress, '--listen-port', String(port), ...settings, ...more];
    return startProcess(bench, 'python3', argv, { ...process.env, PYTHONPATH: python });
  };
  // The first makes the authority that both use.
  await untilListening(start(readingPort, []), [readingPort]);
  await untilListening(start(tunnelPort, ['--ignore-hosts', '.*']), [tunnelPort]);
  return { tunnelPort, readingPort, trust: join(directory, 'mitmproxy-ca-cert.pem') };
}

export async function nginxWays(bench: Workbench, origin: Origin): Promise<NetworkWay[]> {
  const head = { id: 'nginx-relay', label: 'nginx: decrypts and encrypts, reads nothing (floor of mediation)' };
  const started = existsSync(nginxProgram) ? await startError(startNginx(bench, origin)) : notInstalled;
  if (typeof started === 'string') return [skipped(head, started)];
  const authority = `${originName}:${started}`;
  const way = { host: originAddress, target: '/', trust: [origin.authorityPath], port: started, authority };
  return [wayOutside(head, { ...way, serverName: originName })];
}

async function startNginx(bench: Workbench, origin: Origin): Promise<number> {
  const directory = join(bench.directory, 'nginx');
  await mkdir(directory, { recursive: true });
  const port = await freePort();
  const configuration = join(directory, 'nginx.conf');
  await writeFile(
    configuration,
    `load_module ${nginxStream};
daemon off;
master_process off;
user root;
pid ${join(directory, 'pid')};
error_log /dev/null;
events {}
stream {
  server {
    listen ${originAddress}:${port} ssl;
    ssl_certificate ${origin.certificatePath};
    ssl_certificate_key ${origin.keyPath};
    proxy_pass ${originAddress}:${origin.ports.mediated};
    proxy_buffer_size 64k;
    proxy_ssl on;
    proxy_ssl_name ${originName};
    proxy_ssl_server_name on;
    proxy_ssl_verify on;
    proxy_ssl_trusted_certificate ${origin.authorityPath};
  }
}
`,
  );
  const argv = ['-p', directory, '-c', configuration, '-e', '/dev/null'];
  await untilListening(startProcess(bench, nginxProgram, argv, { ...process.env, ...unpackedPaths() }), [port]);
  return port;
}

/** What was started, or why it was not. */
const startError = <T>(starting: Promise<T>): Promise<T | string> =>
  starting.catch((error: unknown) => `does not start here: ${error instanceof Error ? error.message : String(error)}`);

function skipped(head: { id: string; label: string }, skip: string): NetworkWay {
  const refuse = (): Promise<never> => Promise.reject(new Error(skip));
  return { ...head, skip, floor: 'direct', load: refuse, download: refuse };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, originAddress, resolve));
  // A TCP server has such an address.
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(child: ChildProcess, ports: readonly number[]): Promise<void> {
  const deadline = performance.now() + startsWithinMs;
  for (const port of ports) {
    while (!(await isListening(port))) {
      if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}`);
      if (performance.now() > deadline) throw new Error(`no port within ${startsWithinMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, originAddress, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
