/**
 * The network of every sandbox, seen from the daemon: what it may reach is prepared here, kept, and told to the gateway,
 * which enforces it.
 *
 * 1. A sandbox without a policy is never made known to the gateway: there is nobody to answer inside.
 * 2. What a restart needs is in the store before the gateway hears of it.
 * 3. What cannot be enforced is refused: a policy that does not compile, a preset without configuration, a secret or a
 *    tape that is not there, a gateway that does not start.
 */
import type { Clock, Scope } from '../base/index.ts';
import {
  HoldfastError,
  type Network,
  type NetworkAnswer,
  type NetworkPolicy,
  type NetworkQuestion,
  type SecretInfo,
  type TapeInfo,
} from '../schema/index.ts';
import type { NetworkRecord, NetworkRepository } from '../state/index.ts';
import type { GatewaySupervisor, SandboxNetwork } from './gateway/supervisor.ts';
import { networkEnvironment, trustFiles } from './inside.ts';
import { caBundle, javaTruststore } from './mediation/trust.ts';
import { compilePolicy } from './policy/compile.ts';
import { expandPreset, type PresetReader } from './policy/presets/index.ts';
import { why } from './policy/why.ts';
import type { SecretStore } from './secrets/store.ts';
import type { TapeStore } from './tape/store.ts';

/** A living sandbox, as the boundary needs it. */
export interface NetworkPlace {
  sandbox: string;
  tenant: string;
  network: Network;
  /** Null while nothing of it runs. */
  agent: { socketPath: string; incarnation: string } | null;
  write(path: string, content: Uint8Array, scope: Scope): Promise<unknown>;
}

/** A policy that can be enforced here: presets expanded, secrets and tape there. */
export interface PreparedNetwork {
  policy: NetworkPolicy;
  presetRules: NetworkRecord['presetRules'];
  environment: Record<string, string>;
}

export interface BoundaryParts {
  networks: NetworkRepository;
  secrets: SecretStore;
  tapes: TapeStore;
  gateway: GatewaySupervisor;
  /** How presets read this machine's configuration. */
  reader(scope: Scope): PresetReader;
  /** Certificates that tools on this machine trust, as PEM. */
  systemBundle(): Promise<string>;
  clock: Clock;
  version: string;
}

interface Entered {
  tenant: string;
  place: NetworkPlace;
  policy: NetworkPolicy;
  record: NetworkRecord;
  /** What processes inside get. */
  environment: Record<string, string>;
  /** The agent that the gateway was told of. */
  incarnation: string;
}

export class NetworkBoundary {
  readonly #parts: BoundaryParts;
  readonly #entered = new Map<string, Entered>();

  constructor(parts: BoundaryParts) {
    this.#parts = parts;
  }

  /** Null for no network. Throws what is wrong with the policy, before anything is changed. */
  async prepare(tenant: string, network: Network, scope: Scope): Promise<PreparedNetwork | null> {
    if (network === 'none') return null;
    const { reader, secrets, tapes } = this.#parts;
    const expanded = await Promise.all(network.presets.map((preset) => expandPreset(preset, reader(scope))));
    const presetRules = network.presets.map((preset, at) => ({ preset, rules: [...(expanded[at]?.rules ?? [])] }));
    compilePolicy(network, { presetRules });
    const known = new Set(secrets.list(tenant).map(({ name }) => name));
    const absent = secretsOf(network).find((name) => !known.has(name));
    if (absent !== undefined) {
      throw new HoldfastError('not-found', `the policy uses the secret ${absent}, which is not kept here`, {
        hint: `Keep it first: holdfast secret put ${absent}`,
      });
    }
    if (network.tape?.mode === 'replay') await tapes.info(tenant, network.tape.tape);
    const environment = Object.assign({}, ...expanded.map((preset) => preset.environment)) as Record<string, string>;
    return { policy: network, presetRules, environment };
  }

  /**
   * Sets up the network of a sandbox whose agent is new: after a create, a resume from hibernation, or a restart of the
   * daemon. Repeating it changes nothing.
   * @param prepared what `prepare` answered; null takes what is kept, or prepares anew what was never set up
   */
  async enter(place: NetworkPlace, prepared: PreparedNetwork | null, scope: Scope): Promise<void> {
    const { sandbox, tenant, network, agent } = place;
    if (network === 'none' || !agent) return;
    const before = this.#entered.get(sandbox);
    if (before?.incarnation === agent.incarnation) return;
    const kept = this.#parts.networks.get(sandbox);
    const record = kept ?? (await this.#newRecord(place, prepared ?? (await this.prepare(tenant, network, scope))));
    await this.#equip(place, record, scope);
    await this.#tell(place, network, record);
  }

  /** The same for a restart of the daemon: what lies inside is there already. */
  async adopt(place: NetworkPlace, scope: Scope): Promise<void> {
    const record = this.#parts.networks.get(place.sandbox);
    if (!record || place.network === 'none' || !place.agent) return this.enter(place, null, scope);
    await this.#tell(place, place.network, record);
  }

  /** A living sandbox may reach something else from now on. */
  async change(place: NetworkPlace, prepared: PreparedNetwork | null, scope: Scope): Promise<void> {
    const { sandbox, network, agent } = place;
    if (!prepared || network === 'none') {
      await this.leave(sandbox);
      this.#parts.networks.remove(sandbox);
      return;
    }
    const kept = this.#parts.networks.get(sandbox);
    const record = await this.#newRecord(place, prepared, kept);
    if (!agent) return;
    if (!kept) await this.#equip(place, record, scope);
    await this.#tell(place, network, record);
  }

  /** Nothing of it runs any more. What is kept of it goes with its row. */
  async leave(sandbox: string): Promise<void> {
    if (this.#entered.delete(sandbox)) await this.#parts.gateway.detach(sandbox);
  }

  /** Variables for the processes of a sandbox; none without a network. */
  environment(sandbox: string): Record<string, string> {
    return this.#entered.get(sandbox)?.environment ?? {};
  }

  explain(sandbox: string, network: Network, question: NetworkQuestion): NetworkAnswer {
    if (network === 'none') return noNetwork;
    const presetRules = this.#parts.networks.get(sandbox)?.presetRules ?? [];
    return why(compilePolicy(network, { presetRules }), question);
  }

  async putSecret(tenant: string, name: string, value: Uint8Array): Promise<SecretInfo> {
    const info = await this.#parts.secrets.put(tenant, name, value);
    await this.#tellUsers(tenant, name);
    return info;
  }

  listSecrets(tenant: string): SecretInfo[] {
    return this.#parts.secrets.list(tenant);
  }

  async deleteSecret(tenant: string, name: string): Promise<void> {
    this.#parts.secrets.delete(tenant, name);
    await this.#tellUsers(tenant, name);
  }

  listTapes(tenant: string): Promise<TapeInfo[]> {
    return this.#parts.tapes.list(tenant);
  }

  async exportTape(tenant: string, ref: string): Promise<AsyncIterable<Uint8Array>> {
    const { id } = await this.#tape(tenant, ref);
    return encoded(this.#parts.tapes.har(tenant, id, this.#parts.version));
  }

  async deleteTape(tenant: string, ref: string): Promise<void> {
    const { id } = await this.#tape(tenant, ref);
    await this.#parts.tapes.remove(tenant, id);
  }

  /** By id, or by the name it was given; the newest of several. */
  async #tape(tenant: string, ref: string): Promise<TapeInfo> {
    const tapes = await this.#parts.tapes.list(tenant);
    const found = tapes.find(({ id }) => id === ref) ?? tapes.findLast(({ name }) => name === ref);
    if (found) return found;
    throw new HoldfastError('not-found', `there is no tape ${JSON.stringify(ref)}`, {
      hint: 'holdfast tape ls lists those there are.',
    });
  }

  /** Its authority stays as long as the sandbox lives: programs inside may have read it. */
  async #newRecord(
    { sandbox, tenant }: NetworkPlace,
    prepared: PreparedNetwork | null,
    kept: NetworkRecord | null = null,
  ): Promise<NetworkRecord> {
    if (!prepared) throw new HoldfastError('internal', `sandbox ${sandbox} has no policy to set up`);
    const { presetRules, environment } = prepared;
    const authority = kept?.authority ?? (await this.#newAuthority(sandbox));
    const record = { sandbox, tenant, presetRules, environment, authority, tape: kept?.tape ?? null };
    this.#parts.networks.put(record);
    return record;
  }

  async #newAuthority(sandbox: string): Promise<NetworkRecord['authority']> {
    // Loaded with the first one: the daemon starts without it.
    const { createAuthority } = await import('./mediation/authority.ts');
    const { certificate, key } = (await createAuthority(sandbox, { clock: this.#parts.clock })).pem;
    return { certificate, sealedKey: await this.#parts.secrets.sealAuthority(sandbox, Buffer.from(key)) };
  }

  /** What tools inside trust, written through the agent: nothing of it is in the sandbox's files or snapshots. */
  async #equip(place: NetworkPlace, { authority }: NetworkRecord, scope: Scope): Promise<void> {
    const bundle = caBundle(await this.#parts.systemBundle(), authority.certificate);
    const javaStore = javaTruststore(bundle, this.#parts.clock.nowMs());
    const files = trustFiles({ bundle, certificate: authority.certificate, javaStore });
    await Promise.all(files.map(({ path, content }) => place.write(path, content, scope)));
  }

  async #tell(place: NetworkPlace, policy: NetworkPolicy, record: NetworkRecord): Promise<void> {
    const { sandbox, tenant, agent } = place;
    if (!agent) return;
    const { secrets, gateway } = this.#parts;
    const revealed = await this.#revealed(tenant, sandbox, policy);
    const key = await secrets.unsealAuthority(sandbox, record.authority.sealedKey);
    const spec: SandboxNetwork = {
      sandbox,
      tenant,
      agent,
      policy,
      presetRules: record.presetRules,
      authority: { certificate: record.authority.certificate, key: Buffer.from(key).toString() },
      secrets: revealed,
    };
    const known = this.#entered.get(sandbox)?.incarnation === agent.incarnation;
    const { tape } = known ? await gateway.update(spec) : await gateway.attach(spec);
    if (tape !== record.tape) this.#parts.networks.put({ ...record, tape });
    const placeholders = new Map(
      secrets.placeholders(sandbox, secretsOf(policy)).map((one) => [one.secret, one.placeholder]),
    );
    const named = policy.secrets.map(({ secret, environment }) => [environment, placeholders.get(secret) ?? '']);
    this.#entered.set(sandbox, {
      tenant,
      place,
      policy,
      record,
      environment: networkEnvironment({ ...record.environment, ...Object.fromEntries(named) }),
      incarnation: agent.incarnation,
    });
  }

  /** A secret that was deleted since is not there any more: its placeholder goes out as it stands, and opens nothing. */
  async #revealed(tenant: string, sandbox: string, policy: NetworkPolicy): Promise<SandboxNetwork['secrets']> {
    const kept = new Set(this.#parts.secrets.list(tenant).map(({ name }) => name));
    const names = secretsOf(policy).filter((name) => kept.has(name));
    const secrets = await this.#parts.secrets.reveal(tenant, sandbox, names);
    return secrets.map(({ value, ...rest }) => ({ ...rest, value: new Uint8Array(value) }));
  }

  /** Those sandboxes of the tenant whose policy uses the secret get its new value, or lose it. */
  async #tellUsers(tenant: string, name: string): Promise<void> {
    const users = [...this.#entered.values()].filter(
      (entered) => entered.tenant === tenant && secretsOf(entered.policy).includes(name),
    );
    await Promise.all(users.map(({ place, policy, record }) => this.#tell(place, policy, record)));
  }
}

const noNetwork: NetworkAnswer = {
  decision: {
    allowed: false,
    code: 'no-rule',
    rule: null,
    message: 'This sandbox has no network.',
    hint: 'Give it a policy: holdfast net set SANDBOX --allow HOST',
  },
  carried: null,
};

/** Every secret that a policy names, in its variables or its rules. */
function secretsOf(policy: NetworkPolicy): string[] {
  const inRules = policy.allow.flatMap(({ credentials = [] }) => credentials.map(({ secret }) => secret));
  return [...new Set([...policy.secrets.map(({ secret }) => secret), ...inRules])];
}

async function* encoded(texts: AsyncIterable<string>): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  for await (const text of texts) yield encoder.encode(text);
}
