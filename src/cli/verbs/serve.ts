/**
 * The daemon, in the foreground; a command line that finds none starts this same verb in the background. It owns its home
 * directory: the runtime refuses a second one. Ending it leaves sandboxes alive, and the next one takes them back.
 */
import { resolve } from 'node:path';
import {
  createLog,
  existsSync,
  join,
  type Log,
  loadOrMakeKey,
  makePrivateDirectory,
  readEnvironment,
  readFile,
  readFileIfPresent,
  systemClock,
  systemRandom,
  writeFile,
  writeFileAtomic,
} from '../../base/index.ts';
import { type AgentOptions, type ApprovalWebhook, createRuntime } from '../../runtime/index.ts';
import { HoldfastError } from '../../schema/error-class.ts';
import {
  approvalUrl,
  defaultDomain,
  ownerTenant,
  type PreviewServerOptions,
  parsePreviewDomain,
  type RunningServer,
  readKeys,
  type ServeOptions,
  serve,
  servePreviews,
} from '../../server/index.ts';
import { loadAgents } from '../agent-files.ts';
import { loadChannels } from '../channel-files.ts';
import { type Command, type Context, defineCommand, firstSaid, flagOf } from '../command.ts';
import { loadContract } from '../contract-files.ts';
import { poolOf, poolValue } from '../pool-options.ts';
import { loadQuotas } from '../quota-files.ts';
import { defined } from '../sandbox-options.ts';
import { logUnheard } from '../unheard.ts';
import { chosen, parsePairs, parseValue } from '../values.ts';

const levels = ['debug', 'info', 'warn', 'error'];
const launchers = ['fork', 'bwrap'] as const;
const machineDrivers = ['qemu', 'firecracker'] as const;

const command: Command = defineCommand({
  name: 'serve',
  summary: 'Runs the daemon in the foreground, or stops it; other verbs start it by themselves.',
  examples: [
    ['holdfast serve', 'on the unix socket'],
    [
      'holdfast serve --listen 127.0.0.1:7420 --keys keys.txt --quotas quotas.yaml --channels channels.yaml',
      'on TCP too, for tenants with keys, up to their quotas, and for people who talk with agents',
    ],
    [
      'holdfast serve --pool 8 --pool debian=4 --watch 6h',
      'with sandboxes of two templates always ready, and a canary every six hours',
    ],
  ],
  arguments: {},
  options: {
    listen: { kind: 'text', value: 'HOST:PORT', description: 'serve TCP too; needs --keys' },
    keys: {
      kind: 'text',
      value: 'FILE',
      description: 'one `sha256 tenant name` per line, and person= and role=; `keys` in the home if it is there',
    },
    publicUrl: { kind: 'text', value: 'URL', description: 'where approvers reach this server by signed links' },
    approvalWebhook: {
      kind: 'text',
      value: 'URL',
      description: 'told of approvals that are asked for; its secret is HOLDFAST_WEBHOOK_SECRET',
    },
    approver: { kind: 'list', value: 'PERSON', description: 'gets a signed link with each approval; may be repeated' },
    auditKeys: {
      kind: 'text',
      value: 'DIRECTORY',
      description: 'where the keys of the audit log are; better elsewhere',
    },
    auditCheckpoints: {
      kind: 'text',
      value: 'PLACE',
      description: 'a directory or URL for signed checkpoints of the audit log; better elsewhere',
    },
    auditKeeper: {
      kind: 'text',
      value: 'PROGRAM',
      description: 'takes each signed checkpoint on its input; what it does not take in time stops the log',
    },
    auditRetention: {
      kind: 'duration',
      value: 'TIME',
      description: 'how long it is kept; 183d at least, and if not said',
    },
    auditRetentionOf: {
      kind: 'list',
      value: 'CLASS=TIME',
      description: 'longer for what is personal, or internal; may be repeated',
    },
    journalRetention: {
      kind: 'duration',
      value: 'TIME',
      description: 'how long the journal is kept, in whole files; 1d at least, and for good if not said',
    },
    sessionRetention: {
      kind: 'duration',
      value: 'TIME',
      description: 'how long sessions that are over are kept; 7d at least, and for good if not said',
    },
    host: { kind: 'list', value: 'NAME', description: 'another name TCP is reached by; may be repeated' },
    origin: { kind: 'list', value: 'URL', description: 'a web page’s origin that may use it; may be repeated' },
    previewListen: {
      kind: 'text',
      value: 'HOST:PORT',
      description: 'where previews are served; 127.0.0.1 and a port that is kept, if not said',
    },
    previewDomain: {
      kind: 'text',
      value: 'NAME',
      description: 'whose subdomains lead there; localhost if not said; https://NAME behind a proxy of yours',
    },
    pool: {
      kind: 'list',
      value: poolValue,
      description:
        'sandboxes kept ready, of this template, else of host, and this isolation, else a namespace; may be repeated',
    },
    upstreamProxy: { kind: 'text', value: 'URL', description: 'send sandboxes’ traffic through http:// or socks5://' },
    upstreamExcept: {
      kind: 'text',
      value: 'LIST',
      description: 'names, addresses and ranges that are reached without it, separated by commas',
    },
    trust: { kind: 'text', value: 'FILE', description: 'PEM of authorities to trust besides this machine’s' },
    resolver: {
      kind: 'list',
      value: 'ADDRESS',
      description: 'ask this resolver instead of this machine’s; may be repeated',
    },
    openAddresses: {
      kind: 'list',
      value: 'CIDR',
      description: 'policies of tenants with keys may open this private range; may be repeated',
    },
    contract: {
      kind: 'text',
      value: 'FILE',
      description: 'hold sandboxes to it that name no contract; a file, or one that ships',
    },
    agents: {
      kind: 'list',
      value: 'FILE',
      description: 'agents that sessions are started with by name: the entry’s; may be repeated',
    },
    peers: {
      kind: 'text',
      value: 'FILE',
      description: 'other runtimes that agents work for, or give work to; says by which key they know this one',
    },
    recordModels: {
      kind: 'text',
      value: 'FILE',
      description: 'adds what models answer to this tape',
    },
    replayModels: {
      kind: 'text',
      value: 'FILE',
      description: 'answers from this tape, and asks no model; what is not on it fails',
    },
    quotas: { kind: 'text', value: 'FILE', description: 'the most that each tenant may have; YAML or JSON' },
    watch: {
      kind: 'duration',
      value: 'TIME',
      description: 'look this often, by a canary of each contract and substrate in use, whether it behaves as before',
    },
    channels: {
      kind: 'text',
      value: 'FILE',
      description: 'where people talk with which agents; secrets by their names',
    },
    launcher: { kind: 'text', value: 'NAME', description: `${launchers.join(' or ')}; fork if not said` },
    requireKvm: { kind: 'flag', description: 'refuse to emulate virtual machines: they run under KVM or not at all' },
    machineDriver: {
      kind: 'text',
      value: 'NAME',
      description: `${machineDrivers.join(' or ')} runs every microvm; if not said, Firecracker where it can, else QEMU`,
    },
    logLevel: { kind: 'text', value: 'LEVEL', description: `${levels.join(', ')}; info if not said` },
    stop: { kind: 'flag', description: 'end the daemon of this home instead; sandboxes live on' },
  },
  async run({ options, context }) {
    if (options.stop) return await stop(options, context);
    const { io, output } = context;
    const log = createLog({ level: chosen('--log-level', options.logLevel ?? 'info', levels) });
    const { home, socketPath } = readEnvironment(io.environment);
    const launcher = options.launcher === undefined ? undefined : chosen('--launcher', options.launcher, launchers);
    const tcp = options.listen === undefined ? null : addressOf('--listen', options.listen);
    const previewListen =
      options.previewListen === undefined ? null : addressOf('--preview-listen', options.previewListen);
    const domain = options.previewDomain === undefined ? defaultDomain : parsePreviewDomain(options.previewDomain);
    const keysFile = options.keys ?? usualKeysOf(home);
    const keys = keysFile === null ? [] : await readKeys(keysFile);
    const tenants = [...new Set([ownerTenant, ...keys.map(({ tenant }) => tenant)])];
    const quotas = options.quotas === undefined ? undefined : await loadQuotas(options.quotas, io, tenants);
    const pools = options.pool.map(poolOf);
    await makePrivateDirectory(home);
    const signingKey = await signingKeyOf(home);
    const trust = options.trust === undefined ? undefined : (await readFile(options.trust)).toString('utf8');
    const contract = options.contract === undefined ? undefined : (await loadContract(options.contract, io)).value;
    // Loaded by those who have peers.
    const given =
      options.peers === undefined
        ? null
        : await (await import('../peer-files.ts')).loadPeers(options.peers, home, io.directory);
    const loaded = await Promise.all(options.agents.map((file) => loadAgents(file, { directory: io.directory })));
    const talked =
      options.channels === undefined ? null : await loadChannels(options.channels, { directory: io.directory });
    const bundles = [...loaded, ...(talked ? [talked] : [])].map(({ bundle }) => bundle);
    using _unheard = logUnheard(log);
    const runtime = await createRuntime({
      home,
      log,
      network: {
        resolvers: options.resolver,
        openAddresses: options.openAddresses,
        // A password in it is not for the process table: the variable is for that.
        ...defined('upstreamProxy', options.upstreamProxy ?? io.environment['HOLDFAST_UPSTREAM_PROXY']),
        ...defined('upstreamExcept', options.upstreamExcept ?? io.environment['HOLDFAST_UPSTREAM_EXCEPT']),
        ...defined('trust', trust),
      },
      audit: {
        ...defined('keys', options.auditKeys === undefined ? undefined : resolve(io.directory, options.auditKeys)),
        ...defined('checkpoints', checkpointsOf(options.auditCheckpoints, io.directory)),
        ...defined(
          'keeper',
          options.auditKeeper === undefined ? undefined : resolve(io.directory, options.auditKeeper),
        ),
        ...defined('retentionDays', options.auditRetention === undefined ? undefined : options.auditRetention / dayMs),
        retentionDaysOf: retentionsOf(options.auditRetentionOf),
      },
      ...(options.journalRetention === undefined ? {} : { journal: { keptMs: options.journalRetention } }),
      ...(options.sessionRetention === undefined ? {} : { sessions: { keptMs: options.sessionRetention } }),
      agents: {
        bundles,
        ...defined('channels', talked?.channels),
        ...defined('peers', given?.peers),
        ...defined('modelTape', modelTapeOf(options, io.directory)),
        ...(options.approvalWebhook === undefined
          ? {}
          : {
              approvalWebhooks: {
                [ownerTenant]: {
                  url: options.approvalWebhook,
                  secret: io.environment['HOLDFAST_WEBHOOK_SECRET'] ?? '',
                  approvers: options.approver,
                  ...linksOf(options.publicUrl, signingKey),
                },
              },
            }),
      },
      ...defined('launcher', launcher),
      machines: {
        requireKvm: options.requireKvm,
        ...defined('driver', machineDriverOf(options.machineDriver)),
      },
      ...defined('quotas', quotas),
      ...defined('contract', contract),
      ...(options.watch === undefined ? {} : { watch: { everyMs: watchOf(options.watch) } }),
      pools,
    });
    // Secrets pass through this process: none of it goes into a core file. The launcher was started before, and what runs
    // inside a sandbox may leave one.
    await keepOutOfCores();
    const shared = {
      serviceOf: (tenant: string, person?: string | null) => runtime.service(tenant, person),
      keys,
      signingKey,
      log,
      channels: runtime.channels,
    };
    const servers: RunningServer[] = [];
    const previews = await servePreviews({
      source: runtime.previews,
      ...(previewListen ? { listen: previewListen } : keptPort(home, await keptPortOf(home))),
      domain,
      signingKey,
      clock: systemClock,
      log,
    });
    try {
      const places: ServeOptions['listen'][] = [{ socketPath }, ...(tcp ? [tcp] : [])];
      for (const listen of places)
        servers.push(await serve({ ...shared, listen, hosts: options.host, origins: options.origin }));
      await output.hint(
        `serving ${servers.map(({ address }) => address).join(' and ')}; Ctrl-C ends it, sandboxes live on`,
      );
      if (given) await output.hint(`other runtimes know this one by the key ${given.publicKey}`);
      log.info({ signal: await untilSignal(io) }, 'ending');
    } finally {
      for (const server of servers) await server.close();
      await previews.close();
      await closed(runtime, log);
    }
    return 0;
  },
});
export default command;

async function stop(options: Readonly<Record<string, unknown>>, context: Context): Promise<number> {
  const { stop: _, ...others } = command.options;
  const odd = firstSaid(others, options);
  if (odd !== undefined)
    throw new HoldfastError('invalid-argument', `--stop starts no daemon, and ${flagOf(odd)} is for one`, {
      hint: 'Leave one of them out.',
    });
  const stopped = await (await import('../stop-daemon.ts')).stopDaemon(context);
  if (options['json']) await context.output.document(stopped);
  else await context.output.line(`${stopped.pid}`);
  await context.output.hint('sandboxes live on; the next command starts a daemon again, and it takes them back');
  return 0;
}

function modelTapeOf(
  { recordModels, replayModels }: { recordModels?: string | undefined; replayModels?: string | undefined },
  directory: string,
): AgentOptions['modelTape'] {
  if (recordModels !== undefined && replayModels !== undefined) {
    throw new HoldfastError('invalid-argument', '--record-models asks models, and --replay-models asks none', {
      hint: 'Leave one of them out.',
    });
  }
  if (recordModels !== undefined) return { record: resolve(directory, recordModels) };
  return replayModels === undefined ? undefined : { replay: resolve(directory, replayModels) };
}

const dayMs = 86_400_000;
const leastWatchMs = 60_000;

/** Null: there is none. */
function usualKeysOf(home: string): string | null {
  const path = join(home, 'keys');
  return existsSync(path) ? path : null;
}

function checkpointsOf(place: string | undefined, directory: string): string | undefined {
  if (place === undefined || /^https?:\/\//.test(place)) return place;
  return resolve(directory, place);
}

/** By class, in days. */
function retentionsOf(given: readonly string[]): Record<string, number> {
  const times = Object.entries(parsePairs('--audit-retention-of', given));
  const days = (text: string): number => Number(parseValue('duration', '--audit-retention-of', text)) / dayMs;
  return Object.fromEntries(times.map(([name, text]) => [name, days(text)]));
}

function linksOf(publicUrl: string | undefined, signingKey: Uint8Array): Partial<Pick<ApprovalWebhook, 'link'>> {
  return publicUrl === undefined ? {} : { link: (grant) => approvalUrl(signingKey, publicUrl, grant) };
}

function machineDriverOf(name: string | undefined): (typeof machineDrivers)[number] | undefined {
  return name === undefined ? undefined : chosen('--machine-driver', name, machineDrivers);
}

function watchOf(everyMs: number): number {
  if (everyMs >= leastWatchMs) return everyMs;
  throw new HoldfastError('invalid-argument', `--watch does not take ${everyMs} ms`, {
    hint: 'A canary takes some seconds of this machine: from 1m on.',
  });
}

/** A kernel without the filter writes cores as it is told elsewhere. */
async function keepOutOfCores(): Promise<void> {
  await writeFile('/proc/self/coredump_filter', '0').catch(() => undefined);
}

function untilSignal(io: Parameters<typeof command.run>[0]['context']['io']): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    io.onSignal(['SIGINT', 'SIGTERM'], resolve);
  });
}

async function closed(runtime: { close(): Promise<void> }, log: Log): Promise<void> {
  try {
    await runtime.close();
  } catch (error) {
    log.error({ err: error }, 'closing');
  }
}

/** Signed URLs are to outlive a restart. */
function signingKeyOf(home: string): Promise<Uint8Array> {
  const hint = 'Restore it from a backup, or remove it: URLs signed with it are then refused.';
  return loadOrMakeKey({ path: join(home, 'signing.key'), bytes: 32, hint }, systemRandom);
}

/** Links are to outlive a restart too: the port that was free at first is taken again. */
async function keptPortOf(home: string): Promise<number> {
  const text = (await readFileIfPresent(join(home, 'preview.port')))?.trim() ?? '';
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : 0;
}

function keptPort(home: string, port: number): Pick<PreviewServerOptions, 'listen' | 'onListening'> {
  return {
    listen: { host: '127.0.0.1', port },
    onListening: (taken) => writeFileAtomic(join(home, 'preview.port'), `${taken}\n`, { sync: true }),
  };
}

function addressOf(flag: string, text: string): { host: string; port: number } {
  const [, v6, name, port] = /^(?:\[([0-9a-f:]+)\]|([^:]+)):(\d{1,5})$/i.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new HoldfastError('invalid-argument', `${flag} does not take "${text}"`, {
      hint: 'It takes HOST:PORT, e.g. 127.0.0.1:7420 or [::1]:7420.',
    });
  }
  return { host: v6 ?? name ?? '', port: Number(port) };
}
