/**
 * Sandboxes made before anybody asked: of one template and contract, with default limits, waiting without an owner.
 *
 * 1. A waiting sandbox belongs to no tenant and appears in no listing; it is taken by one, and given back when that one may
 *    not have it.
 * 2. Filling gives way to creates: one at a time, after the burst that emptied the pool.
 * 3. After a restart the waiting ones are adopted into the pool like everything else that lives.
 */
import type { Scope } from '../base/index.ts';
import { type ContractRef, type CreateSandbox, createSandboxSchema, type Isolation } from '../schema/index.ts';
import type { SandboxRecord } from '../state/index.ts';
import { bringUp, newRecord, resolveStart } from './create.ts';
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
  isolation?: Isolation;
  /** What its sandboxes are held to: they serve who asks for just that. */
  contract?: ContractRef | null;
}

export class Pool {
  readonly #parts: Parts;
  readonly #isolation: Isolation;
  readonly #size: number;
  readonly #template: string;
  readonly #contract: ContractRef | null;
  readonly #ready: string[] = [];
  #filling: Promise<void> | null = null;
  #closed = false;

  constructor(parts: Parts, { template, size, isolation = 'namespace', contract = null }: PoolOptions) {
    this.#parts = parts;
    this.#isolation = isolation;
    this.#template = template;
    this.#contract = contract;
    this.#size = size;
  }

  get waiting(): number {
    return this.#ready.length;
  }

  /** A waiting sandbox that is just what was asked for, or null. */
  async take(input: CreateSandbox, contract: ContractRef | null, scope: Scope): Promise<SandboxRecord | null> {
    if (input.user !== 'agent' || Object.keys(input.limits).length > 0 || !this.#isHeldTo(contract)) return null;
    if (input.seed !== undefined || input.clock !== undefined) return null;
    const { substrates } = this.#parts;
    const [wanted, waiting] = await Promise.all([
      substrates.choose(input.isolation, scope),
      substrates.choose(this.#isolation, scope),
    ]);
    if (wanted !== waiting || (input.template ?? wanted.defaultTemplate) !== this.#template) return null;
    for (let id = this.#ready.shift(); id !== undefined; id = this.#ready.shift()) {
      const record = this.#parts.store.sandboxes.get(id);
      if (record?.state === 'ready' && record.pooled) {
        this.#fillSoon(waiting.startsBusily ? busyRefillDelayMs : refillDelayMs);
        return record;
      }
    }
    this.#fillSoon(refillDelayMs);
    return null;
  }

  /** Takes back one that was taken and not handed over. What there is no place for ends. */
  async giveBack({ id }: SandboxRecord): Promise<void> {
    const record = this.#parts.store.sandboxes.get(id);
    if (record?.state !== 'ready' || !record.pooled) return;
    const beingMade = this.#filling ? 1 : 0;
    if (!this.#closed && this.#ready.length + beingMade < this.#size) this.#ready.unshift(id);
    else await this.#end(id, this.#parts.scope);
  }

  /** Takes in one that a restart found alive; false when the pool is full or not for it. */
  adopt(record: SandboxRecord): boolean {
    if (record.template !== this.#template || !this.#isHeldTo(record.contract)) return false;
    if (this.#ready.length >= this.#size) return false;
    this.#ready.push(record.id);
    return true;
  }

  #isHeldTo(contract: ContractRef | null): boolean {
    return contract?.digest === this.#contract?.digest;
  }

  /** Resolves when the pool is full, or could not be filled. */
  fill(): Promise<void> {
    this.#filling ??= this.#fillUp().finally(() => {
      this.#filling = null;
    });
    return this.#filling;
  }

  /** Ends all that wait, and the one that is being made. */
  async drain(scope: Scope): Promise<void> {
    this.#closed = true;
    await this.#filling;
    for (const id of this.#ready.splice(0)) await this.#end(id, scope);
  }

  async #end(id: string, scope: Scope): Promise<void> {
    const detail = this.#closed ? 'the pool was closed' : 'the pool was full';
    await end(this.#parts, id, { reason: 'cancelled', detail, cause: 'caller' }, scope);
  }

  async #fillUp(): Promise<void> {
    try {
      while (!this.#closed && this.#ready.length < this.#size) this.#ready.push(await this.#make());
    } catch (error) {
      this.#parts.log.warn({ error, template: this.#template }, 'the pool could not be filled');
      this.#fillSoon(retryDelayMs);
    }
  }

  async #make(): Promise<string> {
    const parts = this.#parts;
    const input = createSandboxSchema.parse({
      template: this.#template,
      isolation: this.#isolation,
      lifetimeMs: waitingLifetimeMs,
    });
    const start = await resolveStart(parts, '', { ...input, contract: this.#contract }, parts.scope);
    const record = { ...newRecord(parts, '', input, start), pooled: true };
    parts.keepContract(record.contract);
    parts.store.sandboxes.insert(record);
    const ready = await bringUp(parts, record, parts.scope);
    await this.#warm(ready);
    return ready.id;
  }

  /** An emulated machine translates what it runs when it runs it first: that is done while nobody waits. */
  async #warm(record: SandboxRecord): Promise<void> {
    const { connections, newId, scope } = this.#parts;
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
