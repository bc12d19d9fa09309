/**
 * What each sandbox is held to. A contract is compiled once and kept by its digest; sandboxes name it by that.
 *
 * 1. A contract that cannot be held here is refused before anything exists, with the field named.
 * 2. A sandbox keeps its contract for life, whatever this daemon would hold new ones to.
 * 3. A contract that cannot be read any more lets no call through.
 * 4. It is stored in the same turn as what refers to it, and forgotten with the last of that: a tenant that is refused a
 *    sandbox leaves nothing here.
 */
import type { Ceiling, Contract, Enforcement, FirstExec, Programs } from '../contract/index.ts';
import { type ContractInput, type ContractRef, HoldfastError, parseInput } from '../schema/index.ts';
import type { SandboxRecord, Store } from '../state/index.ts';
import { standardTools } from '../tools/index.ts';

export interface Held extends Enforcement {
  readonly ref: ContractRef;
  readonly ceilings: readonly Ceiling[];
  /** What a new sandbox is asked. */
  readonly first: FirstExec;
}

/** Larger than any contract that people read. */
const mostBytes = 256 * 1024;
const mostCompiled = 64;

export class Contracts {
  readonly #store: Store;
  readonly #compiled = new Map<string, Held>();
  /** By sandbox: asked on every call. */
  readonly #ofSandbox = new Map<string, string | null>();
  /** By canary: it is held to nothing, and has what its contract gives every process all the same. */
  readonly #lent = new Map<string, Held['environment']>();
  /** Read once: they do not change under a daemon. */
  readonly #shipped = new Map<string, Contract>();
  #usual: Held | null = null;
  #programs: Promise<Programs> | null = null;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Once, before anything is created. @param usual what sandboxes are held to that name nothing */
  async open(usual: Contract | null): Promise<void> {
    this.#store.contracts.purge();
    if (usual) this.#usual = await this.#read(usual);
  }

  get usual(): ContractRef | null {
    return this.#usual?.ref ?? null;
  }

  /** What a create asks for, or `usual` when it asks for nothing. @throws HoldfastError that names the field */
  async resolve(input: ContractInput | undefined): Promise<ContractRef | null> {
    if (input === undefined) return this.usual;
    const { contractSchema, mustShip } = await import('../contract/index.ts');
    if (typeof input !== 'string') {
      if (JSON.stringify(input).length > mostBytes)
        throw new HoldfastError('invalid-argument', `a contract is at most ${mostBytes} bytes`);
      return (await this.#read(parseInput(contractSchema, input, 'contract'))).ref;
    }
    const name = input.replace('@', '/');
    const { usual } = this;
    if (usual && (usual.name === name || usual.name.startsWith(`${name}/`))) return usual;
    let shipped = this.#shipped.get(name);
    if (!shipped) {
      shipped = await mustShip(name);
      this.#shipped.set(name, shipped);
    }
    return (await this.#read(shipped)).ref;
  }

  /** Call it in the turn that writes what refers to it. @throws HoldfastError `busy` */
  keep(ref: ContractRef | null): void {
    if (ref === null || this.#store.contracts.has(ref.digest)) return;
    const held = this.#known(ref.digest);
    if (!held)
      throw new HoldfastError('busy', `the contract ${ref.name} was read too long ago: many others came after it`, {
        hint: 'Try again.',
      });
    this.#store.contracts.keep({ ...ref, document: held.contract });
  }

  /** Forgets those that nothing refers to any more. */
  purge(): void {
    this.#store.contracts.purge();
  }

  /** What calls into this sandbox are held to. @throws HoldfastError `state-unusable` */
  of(sandbox: string): Held | null | Promise<Held | null> {
    const digest = this.#digestOf(sandbox);
    if (digest === null) return null;
    return this.#known(digest) ?? this.#load(digest);
  }

  /** The sandbox is held to nothing, and has the variables that this contract gives. */
  async lend(sandbox: string, ref: ContractRef): Promise<void> {
    this.#lent.set(sandbox, (await this.named(ref)).environment);
  }

  /** What every process of the sandbox is given, null for what is left out. @throws HoldfastError `state-unusable` */
  async environmentOf(sandbox: string): Promise<Held['environment']> {
    return this.#lent.get(sandbox) ?? (await this.of(sandbox))?.environment ?? {};
  }

  /** What calls are held to if it is at hand, for who can do without. */
  atHand(sandbox: string): Held | null {
    const digest = this.#digestOf(sandbox);
    return digest === null ? null : this.#known(digest);
  }

  async named({ digest }: ContractRef): Promise<Held> {
    return this.#known(digest) ?? this.#load(digest);
  }

  forget({ id }: Pick<SandboxRecord, 'id'>): void {
    this.#ofSandbox.delete(id);
    this.#lent.delete(id);
  }

  #known(digest: string): Held | null {
    if (this.#usual?.ref.digest === digest) return this.#usual;
    return this.#compiled.get(digest) ?? null;
  }

  #digestOf(sandbox: string): string | null {
    const known = this.#ofSandbox.get(sandbox);
    if (known !== undefined) return known;
    const record = this.#store.sandboxes.get(sandbox);
    const digest = record?.contract?.digest ?? null;
    if (record && record.state !== 'gone') this.#ofSandbox.set(sandbox, digest);
    return digest;
  }

  async #load(digest: string): Promise<Held> {
    const kept = this.#store.contracts.get(digest);
    const { contractSchema } = await import('../contract/index.ts');
    const parsed = contractSchema.safeParse(kept?.document);
    if (kept && parsed.success) return this.#compile(parsed.data, kept);
    throw new HoldfastError('state-unusable', `the contract ${kept?.name ?? digest} cannot be read any more`, {
      hint: 'Nothing is done in a sandbox whose contract is not known. Snapshot it, and fork that under another contract.',
      details: { digest },
    });
  }

  async #read(contract: Contract): Promise<Held> {
    const { contractDigest } = await import('../contract/index.ts');
    const ref = { name: contract.contract, digest: contractDigest(contract) };
    return this.#known(ref.digest) ?? this.#compile(contract, ref);
  }

  async #compile(contract: Contract, { name, digest }: ContractRef): Promise<Held> {
    const { ceilingsOf, compileEnforcement, firstExec, loadPrograms } = await import('../contract/index.ts');
    this.#programs ??= loadPrograms();
    const tools = standardTools().map((tool) => tool.describe());
    const held = {
      ...compileEnforcement(contract, tools),
      ref: { name, digest },
      ceilings: ceilingsOf(contract),
      first: firstExec(contract, await this.#programs),
    };
    const [oldest] = this.#compiled.keys();
    if (oldest !== undefined && this.#compiled.size >= mostCompiled) this.#compiled.delete(oldest);
    this.#compiled.set(digest, held);
    return held;
  }
}
