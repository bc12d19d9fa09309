/**
 * The network of every sandbox, seen from the daemon: what it may reach is prepared here, kept, and told to the gateway,
 * which enforces it.
 *
 * 1. A sandbox without a policy is never made known to the gateway: there is nobody to answer inside.
 * 2. What a restart needs is in the store before the gateway hears of it.
 * 3. What cannot be enforced is refused: a policy that does not compile, a preset without configuration, a secret or a
 *    tape that is not there, a gateway that does not start. So is a range that the tenant may not open.
 * 4. Each sandbox has one change at a time, and the last one asked for is what holds.
 */
import { type Clock, encoded, KeyedLock, type Scope } from '../base/index.ts';
import {
  asHoldfastError,
  type ExpandedPreset,
  HoldfastError,
  type Network,
  type NetworkAnswer,
  type NetworkPolicy,
  type NetworkPreset,
  type NetworkQuestion,
  networkPolicySchema,
  type SecretInfo,
  type TapeInfo,
} from '../schema/index.ts';
import type { NetworkRecord, NetworkRepository } from '../state/index.ts';
import type { TapePlayed } from './gateway/protocol.ts';
import type { GatewaySupervisor, SandboxNetwork } from './gateway/supervisor.ts';
import { networkEnvironment, presetFiles, trustFiles } from './inside.ts';
import { caBundle, javaTruststore, longestOwnBundle, ownBundles } from './mediation/trust.ts';
import { compilePolicy } from './policy/compile.ts';
import { refuseOpenings } from './policy/openings.ts';
import { expandPreset, type PresetReader } from './policy/presets/index.ts';
import { why } from './policy/why.ts';
import type { Problems } from './problems.ts';
import type { SecretStore } from './secrets/store.ts';
import type { CarriedTape } from './tape/carried.ts';
import type { TapeStore } from './tape/store.ts';

/** A living sandbox, as the boundary needs it. */
export interface NetworkPlace {
  sandbox: string;
  tenant: string;
  network: Network;
  /** Null while nothing of it runs, or it stands still. */
  agent: { socketPath: string; incarnation: string } | null;
  write(path: string, content: Uint8Array, scope: Scope): Promise<unknown>;
  /** Null where there is no such file, or a longer one, or it holds what this machine's own does. */
  read(path: string, mostBytes: number, scope: Scope): Promise<Uint8Array | null>;
}

/** A policy that can be enforced here: presets expanded, secrets and tape there. */
export interface PreparedNetwork {
  policy: NetworkPolicy;
  presets: ExpandedPreset[];
}

export interface BoundaryParts {
  networks: NetworkRepository;
  secrets: SecretStore;
  tapes: TapeStore;
  gateway: GatewaySupervisor;
  /** What is a token on the tape that a sandbox records, and in what one that plays such a tape asks. */
  tokensOf(place: { sandbox: string; tenant: string }, mode: TapeUse['mode']): Promise<SandboxNetwork['tokens']>;
  /** A sandbox plays a tape no more. */
  onPlayed(tenant: string, played: TapePlayed): void;
  /** How presets read this machine's configuration. */
  reader(scope: Scope): PresetReader;
  /** Ranges that are refused otherwise and that a tenant's rules may open, as CIDR. */
  openable(tenant: string): readonly string[] | 'all';
  /** Also of those that the gateway does not take up. */
  problems: Problems;
  /** Certificates that tools on this machine trust, as PEM. */
  systemBundle(): Promise<string>;
  clock: Clock;
  version: string;
  /** As long as the boundary is there. */
  scope: Scope;
}

type TapeUse = NonNullable<NetworkPolicy['tape']>;

interface Entered {
  place: NetworkPlace;
  policy: NetworkPolicy;
  /** What processes inside get. */
  environment: Record<string, string>;
  /** The agent that the gateway was told of. */
  incarnation: string;
}

export class NetworkBoundary {
  readonly #parts: BoundaryParts;
  readonly #entered = new Map<string, Entered>();
  /** Those that could not be set up again, and why. */
  readonly #failed = new Map<string, string>();
  readonly #turns = new KeyedLock();

  constructor(parts: BoundaryParts) {
    this.#parts = parts;
  }

  /** Null for no network. Throws what is wrong with the policy, before anything is changed. */
  async prepare(tenant: string, network: Network, scope: Scope): Promise<PreparedNetwork | null> {
    if (network === 'none') return null;
    const { reader, secrets, tapes, openable } = this.#parts;
    const given = openable(tenant);
    if (given !== 'all') refuseOpenings(network, given);
    // What presets stood for when the tape was recorded: replay needs neither their configuration nor the outside.
    const taped = network.tape?.mode === 'replay' ? await tapes.presets(tenant, network.tape.tape) : [];
    const expand = async (name: NetworkPreset): Promise<ExpandedPreset> =>
      taped.find(({ preset }) => preset === name) ?? (await expandPreset(name, reader(scope)));
    const presets = await Promise.all([...new Set(network.presets)].map(expand));
    compilePolicy(network, { presetRules: presets });
    const known = new Set(secrets.list(tenant).map(({ name }) => name));
    const absent = secretsOf(network).find((name) => !known.has(name));
    if (absent !== undefined) {
      throw new HoldfastError('not-found', `the policy uses the secret ${absent}, which is not kept here`, {
        hint: `Keep it first: holdfast secret put ${absent}`,
      });
    }
    return { policy: network, presets };
  }

  /**
   * Sets up the network of a sandbox whose agent is new: after a create, a resume from hibernation, or a restart of the
   * daemon. Repeating it changes nothing.
   * @param prepared what `prepare` answered; null takes what is kept, or prepares anew what was never set up
   */
  enter(place: NetworkPlace, prepared: PreparedNetwork | null, scope: Scope): Promise<void> {
    const { sandbox, tenant, network, agent } = place;
    if (network === 'none' || !agent) return Promise.resolve();
    return this.#turns.run(sandbox, scope, async () => {
      if (this.#entered.get(sandbox)?.incarnation === agent.incarnation) return;
      const kept = this.#parts.networks.get(sandbox);
      const record = kept ?? (await this.#newRecord(place, prepared ?? (await this.prepare(tenant, network, scope))));
      await this.#equip(place, record, scope);
      await this.#tell(place, network, record);
    });
  }

  /** The same for a restart of the daemon: what lies inside is there already, and nobody waits for the gateway. */
  adopt(place: NetworkPlace, scope: Scope): Promise<void> {
    const { sandbox, network, agent } = place;
    return this.#turns
      .run(sandbox, scope, async () => {
        const record = this.#parts.networks.get(sandbox);
        if (!record || network === 'none' || !agent || this.#entered.has(sandbox)) return;
        this.#parts.gateway.keep(await this.#spec(place, network, record));
        this.#keep(place, network, record);
      })
      .then(() => this.enter(place, null, scope))
      .catch((error: unknown) => {
        const problem = asHoldfastError(error).message;
        this.#failed.set(sandbox, problem);
        this.#parts.problems.note(sandbox, problem);
        throw error;
      });
  }

  /** What was given up of it: it stands still. */
  forgetFailure(sandbox: string): void {
    this.#failed.delete(sandbox);
  }

  /** A sandbox may reach something else from now on. When it fails, all is as it was. */
  change(place: NetworkPlace, prepared: PreparedNetwork | null, scope: Scope): Promise<void> {
    const { sandbox, network, agent } = place;
    return this.#turns.run(sandbox, scope, async () => {
      const { networks } = this.#parts;
      const kept = networks.get(sandbox);
      // One that stands still is told when it goes on, and has no connection until then.
      if (!prepared || network === 'none' || !agent) await this.#leave(sandbox);
      if (!prepared || network === 'none') {
        this.#parts.problems.forget(sandbox);
        networks.remove(sandbox);
        return;
      }
      const record = await this.#newRecord(place, prepared, kept);
      if (!agent) return;
      try {
        await this.#equip(place, record, scope);
        await this.#tell(place, network, record);
      } catch (error) {
        if (kept) networks.put(kept);
        else networks.remove(sandbox);
        throw error;
      }
    });
  }

  /** Its fault plan, or what its recording calls a secret, is another one now: the gateway hears so. */
  tellAgain(sandbox: string, scope: Scope): Promise<void> {
    return this.#turns.run(sandbox, scope, async () => {
      const entered = this.#entered.get(sandbox);
      const record = this.#parts.networks.get(sandbox);
      if (entered && record) await this.#tell(entered.place, entered.policy, record);
    });
  }

  /** Nothing of it runs any more, or ever will. What is kept of it goes with its row. */
  leave(sandbox: string, isGone: boolean): Promise<void> {
    return this.#turns.run(sandbox, this.#parts.scope, () => {
      if (isGone) this.#parts.problems.forget(sandbox);
      return this.#leave(sandbox);
    });
  }

  /** No sandbox has a network any more, until the next daemon; all that was open has been told. Idempotent. */
  close(): Promise<void> {
    return this.#parts.gateway.close();
  }

  /** Variables for the processes of a sandbox; none without a network. */
  environment(sandbox: string, network: Network): Record<string, string> {
    if (network === 'none') return {};
    const entered = this.#entered.get(sandbox);
    if (entered) return entered.environment;
    const record = this.#parts.networks.get(sandbox);
    return record ? this.#environment(record, network) : {};
  }

  /** Why a sandbox with a policy has no network now; null where it has it, or has no policy. */
  problem(sandbox: string): string | null {
    return this.#parts.gateway.problem(sandbox) ?? this.#failed.get(sandbox) ?? null;
  }

  explain(sandbox: string, network: Network, question: NetworkQuestion): NetworkAnswer {
    if (network === 'none') return withoutNetwork(sandbox, why(nothingAllowed, question));
    const presetRules = this.#parts.networks.get(sandbox)?.presets ?? [];
    const answer = why(compilePolicy(network, { presetRules }), question);
    const problem = this.problem(sandbox);
    if (!answer.decision.allowed || problem === null) return answer;
    return { ...answer, later: `Now it has no network, whatever its policy says: ${problem}.` };
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

  /** A new key for everything that is sealed; nothing that is in use changes. */
  rotateSecretKey(): Promise<void> {
    return this.#parts.secrets.rotate();
  }

  /** For what takes them out of recordings, and for nothing else. */
  secretValues(tenant: string): Promise<{ name: string; value: Uint8Array }[]> {
    return this.#parts.secrets.values(tenant);
  }

  /** What a sandbox has played of its tape so far; null when it plays none, or while no gateway is up. */
  async tapePlay(sandbox: string): Promise<(TapePlayed & { served: number[] }) | null> {
    const info = await this.#parts.gateway.inspect(sandbox);
    return info?.played ? { ...info.played, served: info.served ?? [] } : null;
  }

  /** Exchanges of a tape for elsewhere. @throws HoldfastError `file-too-large` */
  carryTape(tenant: string, tape: string, numbers: ReadonlySet<number>): Promise<CarriedTape> {
    return this.#parts.tapes.carry(tenant, tape, numbers);
  }

  /** For sandboxes of this tenant to play, until it is given back; answers its id. */
  lendTape(tenant: string, tape: CarriedTape): Promise<string> {
    return this.#parts.tapes.lend(tenant, tape);
  }

  giveTapeBack(id: string): Promise<void> {
    return this.#parts.tapes.giveBack(id);
  }

  /** Where its fault plan's draws stand, by `channel host`; all that was drawn until then has been told. Null while nobody draws. */
  async faultPlaces(sandbox: string): Promise<Record<string, number> | null> {
    return (await this.#parts.gateway.inspect(sandbox))?.places ?? null;
  }

  async listTapes(tenant: string): Promise<TapeInfo[]> {
    const playing = [...this.#entered].filter(
      ([, { place, policy }]) => place.tenant === tenant && policy.tape?.mode === 'replay',
    );
    const infos = await Promise.all(playing.map(([sandbox]) => this.#parts.gateway.inspect(sandbox)));
    const played = infos.flatMap((info) => info?.played ?? []);
    const tapes = await this.#parts.tapes.list(tenant);
    return tapes.map((info) => {
      const plays = played.filter(({ tape }) => tape === info.id).map(({ tape: _, ...play }) => play);
      return { ...info, plays };
    });
  }

  async exportTape(tenant: string, ref: string): Promise<AsyncIterable<Uint8Array>> {
    const { id } = await this.#tape(tenant, ref);
    return encoded(this.#parts.tapes.har(tenant, id, this.#parts.version));
  }

  /** @param refuse throws where something needs the tape with this id */
  async deleteTape(tenant: string, ref: string, refuse: (id: string) => void): Promise<void> {
    const { id } = await this.#tape(tenant, ref);
    refuse(id);
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
    const authority = kept?.authority ?? (await this.#newAuthority({ sandbox, tenant }, prepared.policy));
    const record = { sandbox, tenant, presets: prepared.presets, authority, tape: kept?.tape ?? null };
    this.#parts.networks.put(record);
    return record;
  }

  /** One of its own; of a world, where time stands still on a tape, the world's. */
  async #newAuthority(
    { sandbox, tenant }: Pick<NetworkPlace, 'sandbox' | 'tenant'>,
    policy: NetworkPolicy,
  ): Promise<NetworkRecord['authority']> {
    // Loaded with the first one: the daemon starts without it.
    const { clockOf, createAuthority } = await import('./mediation/authority.ts');
    const clock = clockOf(policy, this.#parts.clock);
    const { tape } = policy;
    const make = async (name: string) => (await createAuthority(name, { clock })).pem;
    const { certificate, key } =
      tape?.mode === 'replay' && tape.at !== undefined
        ? await this.#parts.tapes.authority({ tenant, id: tape.tape, at: tape.at }, () => make(tape.tape))
        : await make(sandbox);
    return { certificate, sealedKey: await this.#parts.secrets.sealAuthority(sandbox, Buffer.from(key)) };
  }

  /** What tools inside trust, written through the agent: nothing of it is in the sandbox's files or snapshots. */
  async #equip(place: NetworkPlace, { authority, presets }: NetworkRecord, scope: Scope): Promise<void> {
    const own = await Promise.all(ownBundles.map((path) => place.read(path, longestOwnBundle, scope)));
    const texts = own.flatMap((bytes) => (bytes ? [Buffer.from(bytes).toString('latin1')] : []));
    const bundle = caBundle(await this.#parts.systemBundle(), authority.certificate, texts);
    const { network } = place;
    const at = network === 'none' || network.tape?.mode !== 'replay' ? undefined : network.tape.at;
    const javaStore = javaTruststore(bundle, at === undefined ? this.#parts.clock.nowMs() : Date.parse(at));
    const trusted = trustFiles({ bundle, certificate: authority.certificate, javaStore });
    const files = [...trusted, ...presets.flatMap(presetFiles)];
    await Promise.all(files.map(({ path, content }) => place.write(path, content, scope)));
  }

  async #tell(place: NetworkPlace, policy: NetworkPolicy, record: NetworkRecord): Promise<void> {
    const { gateway, networks } = this.#parts;
    const spec = await this.#spec(place, policy, record);
    const known = this.#entered.get(place.sandbox)?.incarnation === spec.agent.incarnation;
    const { tape, played } = known ? await gateway.update(spec) : await gateway.attach(spec);
    if (played) this.#parts.onPlayed(place.tenant, played);
    if (tape !== record.tape) networks.put({ ...record, tape });
    this.#keep(place, policy, record);
  }

  async #spec(place: NetworkPlace, policy: NetworkPolicy, record: NetworkRecord): Promise<SandboxNetwork> {
    const { sandbox, tenant, agent } = place;
    if (!agent) throw new HoldfastError('internal', `sandbox ${sandbox} has no agent to carry for`);
    const { authority, presets } = record;
    const secrets = await this.#revealed(tenant, sandbox, policy);
    const key = await this.#parts.secrets.unsealAuthority(sandbox, authority.sealedKey);
    const pair = { certificate: authority.certificate, key: Buffer.from(key).toString() };
    const tokens = await this.#tokens(place, policy);
    return { sandbox, tenant, agent, policy, presets, authority: pair, secrets, tokens };
  }

  async #tokens({ sandbox, tenant }: NetworkPlace, { tape }: NetworkPolicy): Promise<SandboxNetwork['tokens']> {
    const { tokensOf, tapes } = this.#parts;
    if (!tape || (tape.mode === 'replay' && !(await tapes.hasTokens(tenant, tape.tape)))) return null;
    return tokensOf({ sandbox, tenant }, tape.mode);
  }

  #keep(place: NetworkPlace, policy: NetworkPolicy, record: NetworkRecord): void {
    const environment = this.#environment(record, policy);
    const incarnation = place.agent?.incarnation ?? '';
    this.#failed.delete(place.sandbox);
    this.#entered.set(place.sandbox, { place, policy, environment, incarnation });
    if (this.problem(place.sandbox) === null) this.#parts.problems.note(place.sandbox, null);
  }

  #environment({ sandbox, presets }: NetworkRecord, policy: NetworkPolicy): Record<string, string> {
    const placeholders = this.#parts.secrets.placeholders(sandbox, secretsOf(policy));
    const bySecret = new Map(placeholders.map(({ secret, placeholder }) => [secret, placeholder]));
    const named = policy.secrets.map((one) => [one.environment, bySecret.get(one.secret) ?? '']);
    const pairs = [...presets.flatMap(({ environment }) => Object.entries(environment)), ...named];
    return networkEnvironment(Object.fromEntries(pairs));
  }

  async #leave(sandbox: string): Promise<void> {
    this.#failed.delete(sandbox);
    const entered = this.#entered.get(sandbox);
    if (!entered) return;
    this.#entered.delete(sandbox);
    const info = await this.#parts.gateway.detach(sandbox);
    if (info?.played) this.#parts.onPlayed(entered.place.tenant, info.played);
  }

  /** A secret that was deleted since has no value any more; what stands for it is known, so that it is refused. */
  async #revealed(tenant: string, sandbox: string, policy: NetworkPolicy): Promise<SandboxNetwork['secrets']> {
    const kept = new Set(this.#parts.secrets.list(tenant).map(({ name }) => name));
    const names = secretsOf(policy);
    const deleted = names.filter((name) => !kept.has(name));
    const forgotten = this.#parts.secrets.placeholders(sandbox, deleted);
    const secrets = await this.#parts.secrets.reveal(
      tenant,
      sandbox,
      names.filter((name) => kept.has(name)),
    );
    return [
      ...secrets.map(({ value, ...rest }) => ({ ...rest, value: new Uint8Array(value) })),
      ...forgotten.map(({ secret, placeholder }) => ({ name: secret, placeholder, value: null })),
    ];
  }

  /** Those sandboxes of the tenant whose policy uses the secret get its new value, or lose it. */
  async #tellUsers(tenant: string, name: string): Promise<void> {
    const users = [...this.#entered].filter(([, { place, policy }]) => place.tenant === tenant && uses(policy, name));
    const tell = (sandbox: string): Promise<void> =>
      this.#turns.run(sandbox, this.#parts.scope, async () => {
        const entered = this.#entered.get(sandbox);
        const record = this.#parts.networks.get(sandbox);
        if (entered && record && uses(entered.policy, name)) await this.#tell(entered.place, entered.policy, record);
      });
    await Promise.all(users.map(([sandbox]) => tell(sandbox)));
  }
}

const nothingAllowed = compilePolicy(networkPolicySchema.parse({}));

/** The answer of an empty policy, in words that fit; a malformed question is malformed here too. */
function withoutNetwork(sandbox: string, answer: NetworkAnswer): NetworkAnswer {
  if (answer.decision.code !== 'no-rule') return answer;
  const message = 'This sandbox has no network.';
  const hint = `Give it a policy: holdfast net set ${sandbox} --allow HOST`;
  return { ...answer, decision: { ...answer.decision, message, hint } };
}

const uses = (policy: NetworkPolicy, secret: string): boolean => secretsOf(policy).includes(secret);

/** Every secret that a policy names, in its variables or its rules. */
function secretsOf(policy: NetworkPolicy): string[] {
  const inRules = policy.allow.flatMap(({ credentials = [] }) => credentials.map(({ secret }) => secret));
  return [...new Set([...policy.secrets.map(({ secret }) => secret), ...inRules])];
}
