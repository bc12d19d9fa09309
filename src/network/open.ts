/** Puts the boundary together for one home: secrets, tapes, the gateway's supervisor. */
import { readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';
import { type Clock, hostVariables, type Log, type OwnedScope, type RandomSource } from '../base/index.ts';
import { type FaultLabel, HoldfastError, type NetworkFlow } from '../schema/index.ts';
import type { Store } from '../state/index.ts';
import { type BoundaryParts, NetworkBoundary } from './boundary.ts';
import type { GatewaySettings } from './gateway/protocol.ts';
import { GatewaySupervisor, type SupervisorOptions } from './gateway/supervisor.ts';
import { readUpstreamProxy } from './gateway/upstream-setting.ts';
import { readOpenedRange } from './policy/addresses.ts';
import { hostPresetReader } from './policy/presets/index.ts';
import { Problems } from './problems.ts';
import { SecretStore } from './secrets/store.ts';
import { openTapeStore } from './tape/store.ts';

/** How the gateway reaches the outside. */
export interface NetworkOptions {
  /** `http://` or `socks5://`, with user and password if it wants them. */
  upstreamProxy?: string;
  /** What is dialled without it: names with all below them, addresses, CIDR ranges, separated by commas, or `*`. */
  upstreamExcept?: string;
  /** PEM of authorities to trust besides the machine's own: a company's, a test's. */
  trust?: string;
  /** Addresses of resolvers to ask instead of the machine's own. */
  resolvers?: readonly string[];
  /** CIDR ranges, refused otherwise, that policies of others than the owner may open; the owner's may open all. */
  openAddresses?: readonly string[];
}

export interface BoundaryOptions extends NetworkOptions {
  /** The tenant whose machine it is. */
  owner: string;
  home: string;
  guestBinary: string;
  store: Store;
  clock: Clock;
  random: RandomSource;
  log: Log;
  version: string;
  onFlow(flow: NetworkFlow): void;
  onGateway(state: 'up' | 'down', reason: string | null): void;
  onPlayed: BoundaryParts['onPlayed'];
  /** A sandbox with a policy has no network, and why; null when it has it again. */
  onProblem(sandbox: string, problem: string | null): void;
  onTapeFailed(sandbox: string, failed: { tape: string; reason: string }): void;
  noiseOf: SupervisorOptions['noiseOf'];
  tokensOf: BoundaryParts['tokensOf'];
  onFaults(sandbox: string, labels: FaultLabel[]): void;
}

const systemBundlePath = '/etc/ssl/certs/ca-certificates.crt';

export async function openBoundary(options: BoundaryOptions, scope: OwnedScope): Promise<NetworkBoundary> {
  const { home, store, clock, random, log, version, trust = '', resolvers = [] } = options;
  const { owner, guestBinary, openAddresses = [] } = options;
  refuseUnreadable(openAddresses);
  const tapes = await openTapeStore({ home, clock, random });
  scope.onClose(() => tapes.close());
  for (const recovery of await tapes.recover()) {
    if (recovery.problem) log.error({ ...recovery }, 'a tape whose writer had died cannot be recovered');
    else log.info({ ...recovery }, 'a tape whose writer had died was closed');
  }
  const problems = new Problems((sandbox, problem) => {
    if (problem === null) log.info({ sandbox }, 'the network of a sandbox is there again');
    else log.warn({ sandbox, problem }, 'the network of a sandbox cannot be set up again; it has none until it can');
    options.onProblem(sandbox, problem);
  });
  const gateway = new GatewaySupervisor({
    clock,
    log,
    settings: {
      home,
      guestBinary,
      extraAuthorities: trust,
      resolvers: [...resolvers],
      upstreamProxy: upstreamOf(options),
    },
    noiseOf: options.noiseOf,
    listeners: {
      onFlow: (flow) => {
        if (flow.missing) log.warn({ sandbox: flow.sandbox, missing: flow.missing }, 'network flows came too fast');
        options.onFlow(flow);
      },
      onFaults: options.onFaults,
      onUp: () => options.onGateway('up', null),
      onDown: (reason) => options.onGateway('down', reason),
      onLink: (sandbox, state, reason) => log.debug({ sandbox, state, reason }, 'network of a sandbox'),
      onTape: (sandbox, tape) => {
        const record = store.networks.get(sandbox);
        if (record) store.networks.put({ ...record, tape });
      },
      onProblem: (sandbox, problem) => problems.note(sandbox, problem),
      onTapeFailed: (sandbox, tape, reason) => {
        log.warn({ sandbox, tape, reason }, 'nothing more is written to a tape');
        options.onTapeFailed(sandbox, { tape, reason });
      },
    },
  });
  scope.onClose(() => gateway.close());
  return new NetworkBoundary({
    networks: store.networks,
    secrets: new SecretStore({ home, store, clock, random }),
    tapes,
    gateway,
    onPlayed: options.onPlayed,
    problems,
    tokensOf: options.tokensOf,
    reader: (within) => hostPresetReader(hostVariables(), within),
    openable: (tenant) => (tenant === owner ? 'all' : openAddresses),
    systemBundle: async () => `${await bundle()}${trust}`,
    clock,
    version,
    scope,
  });
}

function upstreamOf({ upstreamProxy, upstreamExcept }: NetworkOptions): GatewaySettings['upstreamProxy'] {
  if (upstreamProxy !== undefined) return readUpstreamProxy(upstreamProxy, upstreamExcept);
  if (upstreamExcept === undefined) return null;
  throw new HoldfastError('invalid-argument', 'exceptions of an upstream proxy are given, and no upstream proxy', {
    hint: 'Say --upstream-proxy URL too, or leave out --upstream-except and HOLDFAST_UPSTREAM_EXCEPT.',
  });
}

function refuseUnreadable(ranges: readonly string[]): void {
  for (const text of ranges) {
    const reading = readOpenedRange(text);
    if (reading.ok) continue;
    const { problem, fix } = reading;
    throw new HoldfastError('invalid-argument', `--open-addresses: ${text} ${problem}`, { hint: fix });
  }
}

/** The machine's own bundle, or else the one that Node brings. */
async function bundle(): Promise<string> {
  return readFile(systemBundlePath, 'utf8').catch(() => getCACertificates('default').join('\n'));
}
