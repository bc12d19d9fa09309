/**
 * Sandboxes made before anybody asked: of one template and contract, with default limits, waiting without an owner.
 *
 * 1. A waiting sandbox belongs to no tenant and appears in no listing; it is taken by one, and given back when that one may
 *    not have it.
 * 2. Filling gives way to creates: one at a time, after the burst that emptied the pool.
 * 3. After a restart the waiting ones are adopted into the pool like everything else that lives.
 * 4. What is handed over is what a create would make now: on the substrate that is chosen now, from the template as it is
 *    now, whoever made it and when. Anything else ends.
 */
import type { OwnedScope, Scope } from '../base/index.ts';
import type { Substrate } from '../compute/index.ts';
import { type ContractRef, type CreateSandbox, createSandboxSchema, type Isolation } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import { fromStart, type Launched, launchNew, makeReady, newRecord, type Start } from './create.ts';
import { end } from './machine.ts';
import type { Parts } from './parts.ts';

/** Waiting sandboxes are renewed this often, so that none is handed out with hours behind it. */
const waitingLifetimeMs = 24 * 3_600_000;
const refillDelayMs = 20;
/** Where a start keeps a processor busy, it would take it from the first command in the one just handed over. */
const busyRefillDelayMs = 300;
const retryDelayMs = 5_000;
const warmTimeoutMs = 10_000;
/** As a first command may be: a program that says something, a shell with others, and once more what has been translated by then. */
const warmCommands = [
  ['/bin/echo', 'warm'],
  ['/bin/sh', '-c', 'echo warm; echo warm >&2; ls / | cat'],
  ['/bin/echo', 'warm'],
];

export interface PoolOptions {
  template: string;
  size: number;
  /** The least that its sandboxes have; they serve who asks for what the same substrate gives. */
  isolation: Isolation;
  /** What its sandboxes are held to: they serve who asks for just that. */
  contract: ContractRef | null;
}

/** What a create would be given. */
interface Offer {
  substrate: Substrate;
  layers: readonly string[];
}

export class Pool {
  readonly options: PoolOptions;
  readonly #parts: Parts;
  readonly #ready: string[] = [];
  /** For those that a restart finds. */
  #atStart: Promise<Offer | null> | null = null;
  #filling: Promise<void> | null = null;
  /** Of the one that is being made, which may take minutes to be warm: nobody waits for it who closes the pool. */
  readonly #making: OwnedScope;
  #closed = false;

  constructor(parts: Parts, options: PoolOptions) {
    this.#parts = parts;
    this.options = options;
    this.#making = parts.scope.child({ name: `fill a pool of ${options.template}` });
  }

  get waiting(): number {
    return this.#ready.length;
  }

  /** A waiting sandbox that is just what was asked for, or null. */
  async take(input: CreateSandbox, contract: ContractRef | null, scope: Scope): Promise<SandboxRecord | null> {
    const { template, isolation } = this.options;
    if (input.user !== 'agent' || Object.keys(input.limits).length > 0 || !this.#isHeldTo(contract)) return null;
    if (input.seed !== undefined || input.clock !== undefined) return null;
    const { substrates } = this.#parts;
    const wanted = await substrates.choose(input.isolation, scope);
    if ((input.template ?? wanted.defaultTemplate) !== template) return null;
    if (wanted !== (await substrates.choose(isolation, scope))) return null;
    const offer = { substrate: wanted, layers: await this.#layersNow(scope) };
    const at = this.#ready.findIndex((id) => this.#isOf(offer, id));
    const [id] = at < 0 ? [] : this.#ready.splice(at, 1);
    this.#fillSoon(wanted.startsBusily ? busyRefillDelayMs : refillDelayMs);
    return id === undefined ? null : this.#parts.store.sandboxes.get(id);
  }

  /** Takes back one that was taken from it and not handed over. What there is no place for ends. */
  async giveBack({ id }: SandboxRecord): Promise<void> {
    const record = this.#parts.store.sandboxes.get(id);
    if (record?.state !== 'ready' || !record.pooled) return;
    const beingMade = this.#filling ? 1 : 0;
    if (!this.#closed && this.#ready.length + beingMade < this.options.size) this.#ready.unshift(id);
    else await this.#end(id, 'the pool was full', this.#parts.scope);
  }

  /** Takes in one that a restart found alive; false when the pool is full or not for it. */
  async adopt(record: SandboxRecord, scope: Scope): Promise<boolean> {
    if (record.template !== this.options.template || !this.#isHeldTo(record.contract)) return false;
    this.#atStart ??= this.#recorded(scope);
    const offer = await this.#atStart;
    if (!offer || !isMadeOf(offer, record) || this.#ready.length >= this.options.size) return false;
    this.#ready.push(record.id);
    return true;
  }

  /** One that waited has ended by itself. */
  lost(id: string): void {
    const at = this.#ready.indexOf(id);
    if (at < 0) return;
    this.#ready.splice(at, 1);
    this.#fillSoon(refillDelayMs);
  }

  /** Resolves when the pool is full of what a create would make now, or could not be filled. */
  fill(): Promise<void> {
    this.#filling ??= this.#fillUp().then((isDone) => {
      this.#filling = null;
      if (!isDone) this.#fillSoon(retryDelayMs);
    });
    return this.#filling;
  }

  /** Ends all that wait, and the one that is being made. */
  async drain(scope: Scope): Promise<void> {
    this.#closed = true;
    await this.#making.close();
    await this.#filling;
    for (const id of this.#ready.splice(0)) await this.#end(id, 'the pool was closed', scope);
  }

  #isHeldTo(contract: ContractRef | null): boolean {
    return contract?.digest === this.options.contract?.digest;
  }

  /** The template is not read through, nor looked at anew: nobody waits for it, and somebody for the daemon. */
  async #recorded(scope: Scope): Promise<Offer | null> {
    const { template, isolation } = this.options;
    const layers = this.#parts.store.snapshots.getTemplate(template)?.layers;
    const substrate = await this.#parts.substrates.choose(isolation, scope).catch(() => null);
    return layers && substrate ? { substrate, layers } : null;
  }

  /** As a create reads it: `host` follows the machine, and what is damaged is refused. */
  async #layersNow(scope: Scope): Promise<string[]> {
    return (await this.#parts.files.useTemplate(this.options.template, scope)).layers;
  }

  #isOf(offer: Offer, id: string): boolean {
    const record = this.#parts.store.sandboxes.get(id);
    return record?.state === 'ready' && record.pooled && isMadeOf(offer, record);
  }

  async #end(id: string, detail: string, scope: Scope): Promise<void> {
    await end(this.#parts, id, { reason: 'cancelled', detail, cause: 'caller' }, scope);
  }

  async #fillUp(): Promise<boolean> {
    const { template, size } = this.options;
    try {
      if (!this.#closed) await this.#endOthers();
      while (!this.#closed && this.#ready.length < size) this.#ready.push(await this.#make());
      return true;
    } catch (error) {
      if (!this.#closed) this.#parts.log.warn({ error, template }, 'the pool could not be filled');
      return false;
    }
  }

  async #endOthers(): Promise<void> {
    const { substrates, scope } = this.#parts;
    const substrate = await substrates.choose(this.options.isolation, scope);
    const offer = { substrate, layers: await this.#layersNow(scope) };
    const others = this.#ready.filter((id) => !this.#isOf(offer, id));
    for (const id of others) this.#ready.splice(this.#ready.indexOf(id), 1);
    await Promise.all(others.map((id) => this.#end(id, 'a create would make another one now', scope)));
  }

  async #make(): Promise<string> {
    const parts = this.#parts;
    const { template, isolation, contract } = this.options;
    const input = createSandboxSchema.parse({ template, isolation, lifetimeMs: waitingLifetimeMs });
    const launch = (start: Start): Promise<Launched> => {
      const record = { ...newRecord(parts, '', input, start), pooled: true };
      parts.keepContract(record.contract);
      parts.store.sandboxes.insert(record);
      return launchNew(parts, record, start, this.#making);
    };
    const launched = await fromStart(parts, '', { ...input, contract }, launch, parts.scope);
    const ready = await makeReady(parts, launched, this.#making);
    await this.#warm(ready);
    return ready.id;
  }

  /** An emulated machine translates what it runs when it runs it first: that is done while nobody waits. */
  async #warm(record: SandboxRecord): Promise<void> {
    const { connections, newId } = this.#parts;
    const scope = this.#making;
    const environment = { LANG: 'C.UTF-8' }; // a program with a locale begins by reading it
    const plain = { cwd: '/', environment, graceMs: 100, retainBytes: 4096, outputCapBytes: 4096 };
    try {
      const guest = await connections.use(record, scope);
      for (const argv of warmCommands) {
        const processId = newId('process');
        await guest.exec({ ...plain, argv, processId, timeoutMs: warmTimeoutMs }, scope);
        await guest.forget(processId, scope);
      }
    } catch {
      // A template need not have these programs; what is wrong with the sandbox, its first caller hears.
    }
  }

  #fillSoon(delayMs: number): void {
    if (this.#closed || this.#filling) return;
    this.#parts.clock.after(delayMs, () => void this.fill());
  }
}

function isMadeOf({ substrate, layers }: Offer, record: SandboxRecord): boolean {
  return record.substrate === substrate.name && record.layers.join() === layers.join();
}
