/**
 * Watches runtimes over time: every so often a canary is made for each contract and substrate that is watched, looked at
 * like any runtime, compared with what was kept, and thrown away.
 *
 * 1. One canary at a time: they would disturb each other, and whoever works here.
 * 2. It is written down before anything of it exists. What a killed daemon left of one is removed by the next, and was a
 *    harness error.
 * 3. A canary that could not be carried through says nothing about the runtime: no finding opens, counts or closes.
 */
import { type Clock, type IdMaker, isoTime, type Log, type RandomSource, Semaphore } from '../../base/index.ts';
import type { Contract, Plan } from '../../contract/index.ts';
import {
  type Canary,
  type EventType,
  HoldfastError,
  type HoldfastService,
  type Watch,
  type WatchFinding,
  type WatchSubject,
} from '../../schema/index.ts';
import type { EventBus, Store, WatchRecord } from '../../state/index.ts';
import type { Contracts } from '../contracts.ts';
import { lookOnce, type Verdict } from './canary.ts';
import { settleFindings } from './findings.ts';

export interface WatcherParts {
  store: Store;
  events: Pick<EventBus, 'publish'>;
  contracts: Contracts;
  clock: Clock;
  random: RandomSource;
  newId: IdMaker;
  log: Log;
  /** Whose events and findings they are. */
  tenant: string;
  /** Of the canaries' tenant. */
  service(): HoldfastService;
  plan?: Plan;
}

/** No key can have it. Its sandboxes are in nobody's listing and nobody's quota. */
export const canaryTenant = '.canary';

const kept = { profiles: 6, canaries: 200 };
/** After a start, so that what waited for the daemon comes first. */
const firstMs = 1_000;
/** How often new contracts and substrates are looked for. */
const noticeMs = 5 * 60_000;
/** With those that somebody started, which are not limited themselves. */
const mostNoticed = 16;
/** When something could not be written, e.g. on a full disk. */
const pauseMs = 60_000;

export class Watcher {
  readonly #parts: WatcherParts;
  readonly #turns = new Semaphore(1);
  readonly #running = new Map<string, Promise<Canary>>();
  readonly #closing = new AbortController();
  #cancel: () => void = () => undefined;
  #cancelNotice: () => void = () => undefined;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
  }

  /** @param noticed watch whatever sandboxes there are, that often; the first of it is given */
  open(noticed: { everyMs: number; first: WatchSubject } | null): void {
    const left = this.#parts.store.watches.unfinishedCanaries();
    this.#background(() => this.#turns.run(() => this.#removeLeft(left)));
    if (noticed) this.#notice(noticed.everyMs, noticed.first);
    this.#arm();
  }

  /** A canary under way is broken off; it is made again after the next start. */
  async close(): Promise<void> {
    this.#cancel();
    this.#cancelNotice();
    this.#closing.abort(new HoldfastError('cancelled', 'the daemon is closing'));
    await Promise.allSettled(this.#running.values());
  }

  /** One that is there already is told the new time. */
  start(subject: WatchSubject, everyMs: number): WatchRecord {
    const { store, contracts, clock, newId } = this.#parts;
    const nowMs = clock.nowMs();
    const known = store.watches.list().find((one) => keyOf(one) === keyOf(subject));
    if (known) {
      store.watches.update(known.id, { everyMs, nextMs: Math.min(known.nextMs, nowMs + everyMs) });
    } else {
      contracts.keep(subject.contract);
      store.watches.insert({
        ...subject,
        id: newId('watch'),
        everyMs,
        createdAt: isoTime(nowMs),
        nextMs: nowMs + firstMs,
      });
    }
    this.#arm();
    const after = store.watches.list().find((one) => keyOf(one) === keyOf(subject));
    if (after) return after;
    throw new HoldfastError('internal', 'the watch that was just written is not there');
  }

  find(id: string): WatchRecord {
    const found = this.#parts.store.watches.get(id);
    if (found) return found;
    throw new HoldfastError('not-found', `there is no watch ${JSON.stringify(id)}`, {
      hint: '`holdfast watch` lists those there are.',
      details: { id },
    });
  }

  async stop(id: string): Promise<void> {
    this.find(id);
    await this.#running.get(id)?.catch(() => undefined);
    this.#parts.store.watches.remove(id);
    this.#arm();
  }

  /** Now; joins one of this watch that is under way. */
  run(id: string): Promise<Canary> {
    const { id: watch } = this.find(id);
    let running = this.#running.get(watch);
    if (!running) {
      running = this.#turns.run(() => this.#carryOut(this.find(watch))).finally(() => this.#running.delete(watch));
      this.#running.set(watch, running);
    }
    return running;
  }

  view(record: WatchRecord): Watch {
    const { watches } = this.#parts.store;
    const { nextMs, ...facts } = record;
    const [reference] = watches.profiles(record.id, 'reference', 1);
    return {
      ...facts,
      nextAt: isoTime(nextMs),
      referenceAt: reference?.canary.startedAt ?? null,
      canary: watches.lastCanary(record.id),
      openFindings: watches.findings({ watch: record.id, state: 'open' }).length,
    };
  }

  acknowledge(id: string, note: string | null): WatchFinding {
    const known = this.finding(id);
    if (known.state === 'closed')
      throw new HoldfastError('wrong-state', `the finding ${id} is closed: what it says is gone`, {
        hint: 'There is nothing left to acknowledge.',
      });
    const finding: WatchFinding = { ...known, state: 'acknowledged', note };
    this.#parts.store.watches.putFinding(finding);
    this.#tell('finding-acknowledged', finding);
    return finding;
  }

  finding(id: string): WatchFinding {
    const found = this.#parts.store.watches.getFinding(id);
    if (found) return found;
    throw new HoldfastError('not-found', `there is no finding ${JSON.stringify(id)}`, {
      hint: '`holdfast findings ls` lists those there are.',
      details: { id },
    });
  }

  #arm(): void {
    this.#cancel();
    if (this.#closing.signal.aborted) return;
    const { store, clock } = this.#parts;
    const [nextMs] = store.watches
      .list()
      .map((watch) => watch.nextMs)
      .sort((one, other) => one - other);
    if (nextMs !== undefined)
      this.#cancel = clock.after(Math.max(firstMs, nextMs - clock.nowMs()), () => this.#onDue());
  }

  #onDue(): void {
    try {
      this.#runDue();
      this.#arm();
    } catch (error) {
      this.#parts.log.error({ error }, 'canaries that are due were not made; tried again soon');
      this.#cancel();
      this.#cancel = this.#parts.clock.after(pauseMs, () => this.#onDue());
    }
  }

  /** The next time is written first: a canary that takes the daemon with it is not made over and over. */
  #runDue(): void {
    const { store, clock } = this.#parts;
    const nowMs = clock.nowMs();
    for (const { id, nextMs, everyMs } of store.watches.list()) {
      if (nextMs > nowMs) continue;
      store.watches.update(id, { nextMs: nowMs + everyMs });
      this.#background(() => this.run(id));
    }
  }

  #notice(everyMs: number, first: WatchSubject): void {
    try {
      this.#watchNew(everyMs, first);
    } catch (error) {
      this.#parts.log.error({ error }, 'contracts and substrates in use are not watched yet; tried again soon');
    }
    this.#cancelNotice = this.#parts.clock.after(noticeMs, () => this.#notice(everyMs, first));
  }

  #watchNew(everyMs: number, first: WatchSubject): void {
    const { store, log } = this.#parts;
    const subjects = new Map([[keyOf(first), first]]);
    for (const { contract, isolation, template, tenant, pooled } of store.sandboxes.living()) {
      if (pooled || tenant === canaryTenant) continue;
      const subject: WatchSubject = { contract, isolation, template };
      subjects.set(keyOf(subject), subject);
    }
    const known = new Set(store.watches.list().map(keyOf));
    const fresh = [...subjects].filter(([key]) => !known.has(key)).map(([, subject]) => subject);
    const room = Math.max(0, mostNoticed - known.size);
    for (const subject of fresh.slice(0, room)) this.start(subject, everyMs);
    if (fresh.length > room)
      log.warn(
        { unwatched: fresh.length - room, most: mostNoticed },
        'in use and not watched: stop other watches first',
      );
  }

  async #carryOut(watch: WatchRecord): Promise<Canary> {
    const { store, clock, newId, service, random, log, plan } = this.#parts;
    const id = newId('canary');
    const canary: Canary = {
      id,
      watch: watch.id,
      startedAt: isoTime(clock.nowMs()),
      endedAt: null,
      outcome: null,
      detail: null,
      latencyJudged: false,
    };
    store.watches.insertCanary({ ...canary, isReference: false, profile: null });
    const { signal } = this.#closing;
    const parts = { watches: store.watches, service: service(), clock, random, ...(plan ? { plan } : {}) };
    const verdict = await this.#withContract(watch, (contract) => lookOnce(parts, watch, contract, signal));
    await this.#removeSandboxes().catch((error: unknown) => log.warn({ error, canary: id }, 'canary not removed'));
    if (signal.aborted) store.watches.update(watch.id, { nextMs: clock.nowMs() });
    return this.#settle(watch, canary, verdict);
  }

  async #withContract(
    { contract }: WatchRecord,
    work: (contract: Contract | null) => Promise<Verdict>,
  ): Promise<Verdict> {
    try {
      return await work(contract === null ? null : (await this.#parts.contracts.named(contract)).contract);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return { outcome: 'harness-error', detail, profile: null, report: null, isReference: false };
    }
  }

  #settle(watch: WatchRecord, canary: Canary, { outcome, detail, profile, report, isReference }: Verdict): Canary {
    const { store, clock } = this.#parts;
    const endedAt = isoTime(clock.nowMs());
    const ended: Canary = { ...canary, endedAt, outcome, detail, latencyJudged: report?.latencyJudged ?? false };
    const changes = store.transaction(() => {
      store.watches.updateCanary(canary.id, { ...ended, isReference, profile });
      store.watches.thin(watch.id, kept);
      return report === null ? [] : settleFindings(store.watches, watch, report, endedAt);
    });
    for (const { type, finding } of changes) this.#tell(type, finding);
    this.#publish('canary-ended', { canary: ended.id, watch: watch.id, outcome, detail, ...subjectOf(watch) });
    return ended;
  }

  #tell(type: EventType, { id, watch, severity, field, from, to, seen, ...rest }: WatchFinding): void {
    this.#publish(type, { finding: id, watch, severity, field, from, to, seen, ...subjectOf(rest) });
  }

  #publish(type: EventType, data: Record<string, unknown>): void {
    this.#parts.events.publish({ type, tenant: this.#parts.tenant, data });
  }

  async #removeLeft(canaries: readonly Canary[]): Promise<void> {
    await this.#removeSandboxes();
    const detail = 'the daemon ended while it was under way';
    const verdict: Verdict = { outcome: 'harness-error', detail, profile: null, report: null, isReference: false };
    for (const canary of canaries) {
      const watch = this.#parts.store.watches.get(canary.watch);
      if (watch) this.#settle(watch, canary, verdict);
    }
  }

  /** While none is under way: all that canaries ever made, whatever became of them. */
  async #removeSandboxes(): Promise<void> {
    const service = this.#parts.service();
    const { items } = await service.listSandboxes({ limit: 1000 });
    for (const { id } of items) await service.destroySandbox(id);
    const { items: snapshots } = await service.listSnapshots();
    for (const snapshot of snapshots.toReversed()) await service.deleteSnapshot(snapshot.id);
    this.#parts.store.sandboxes.forgetGone(canaryTenant);
  }

  #background(work: () => Promise<unknown>): void {
    work().catch((error: unknown) => this.#parts.log.error({ error: String(error) }, 'watching failed'));
  }
}

function subjectOf({ contract, isolation, template }: WatchSubject): Record<string, unknown> {
  return { contract: contract?.name ?? null, isolation, template };
}

const keyOf = ({ contract, isolation, template }: WatchSubject): string =>
  JSON.stringify([contract?.digest ?? null, isolation, template]);
