/**
 * The substrates of one daemon, weakest isolation first, and which of them a sandbox gets.
 *
 * 1. A create gets the weakest usable one that is at least as strong as it asked for, never a weaker one.
 * 2. A sandbox stays with the substrate that made it; a daemon that lacks it says so and touches nothing.
 * 3. The first one is opened with the daemon, the others when they are first asked for: who uses none pays for none, nor for their code.
 */
import type { Scope } from '../base/index.ts';
import {
  HoldfastError,
  type Isolation,
  isolations,
  type SubstrateName,
  type SubstrateReport,
} from '../schema/index.ts';
import type { SandboxIdentity, Substrate } from './types.ts';

export interface Stray {
  substrate: Substrate;
  sandbox: string;
  cgroup: string;
  limitGroups: string[];
}

export class Substrates implements AsyncDisposable {
  #all: readonly Substrate[];
  readonly #late: () => Promise<readonly Substrate[]>;
  #loading: Promise<void> | null = null;
  readonly #opened = new Map<SubstrateName, Promise<void>>();
  readonly #reports = new Map<SubstrateName, SubstrateReport>();

  /** @param late others, none weaker than the weakest of these */
  constructor(all: readonly Substrate[], late: () => Promise<readonly Substrate[]> = async () => []) {
    this.#all = inOrder(all);
    this.#late = late;
  }

  /** To be called before one of the others is asked for by name: when something of an earlier run may be on them. */
  async loadAll(): Promise<void> {
    this.#loading ??= this.#late().then((others) => {
      this.#all = inOrder([...this.#all, ...others]);
    });
    await this.#loading;
  }

  /** The weakest. */
  get first(): Substrate {
    const [first] = this.#all;
    if (!first) throw new HoldfastError('internal', 'this runtime was given no substrate');
    return first;
  }

  /** @throws HoldfastError `capability-missing` */
  of({ substrate, id }: { substrate: SubstrateName; id: string }): Substrate {
    const found = this.#all.find(({ name }) => name === substrate);
    if (found) return found;
    throw new HoldfastError(
      'capability-missing',
      `sandbox ${id} runs on ${substrate}, which this daemon does not have`,
      {
        hint: 'Use the daemon that made it, or `holdfast doctor` to see what is missing here.',
      },
    );
  }

  /** @throws HoldfastError `capability-missing`, with what each candidate lacks. */
  async choose(least: Isolation, scope: Scope): Promise<Substrate> {
    if (strength(this.first.isolation) >= strength(least)) return this.first;
    await this.loadAll();
    const candidates = this.#all.filter(({ isolation }) => strength(isolation) >= strength(least));
    const lacking: SubstrateReport[] = [];
    for (const candidate of candidates) {
      const report = await this.#known(candidate, scope);
      if (report.usable) {
        await this.open(candidate, scope);
        return candidate;
      }
      lacking.push(report);
    }
    throw notIsolated(least, this.first.isolation, lacking);
  }

  open(substrate: Substrate, scope: Scope): Promise<void> {
    let opened = this.#opened.get(substrate.name);
    if (!opened) {
      opened = substrate.open(scope);
      this.#opened.set(substrate.name, opened);
      // One that could not be opened may be, once its fix was made.
      opened.catch(() => this.#opened.delete(substrate.name));
    }
    return opened;
  }

  /** Looks anew: what `doctor` says is of now. */
  async probe(scope: Scope): Promise<SubstrateReport[]> {
    await this.loadAll();
    return Promise.all(this.#all.map((substrate) => this.#probe(substrate, scope)));
  }

  /** Which of these are alive. */
  async alive(
    identified: { substrate: SubstrateName; identity: SandboxIdentity }[],
    scope: Scope,
  ): Promise<Set<string>> {
    const living = new Set<string>();
    for (const substrate of this.#all) {
      const mine = identified.filter((one) => one.substrate === substrate.name).map(({ identity }) => identity);
      if (mine.length === 0) continue;
      const alive = await substrate.alive(mine, scope);
      for (const [index, identity] of mine.entries()) if (alive[index]) living.add(identity.sandbox);
    }
    return living;
  }

  /** Substrates of one home may share their limit groups: each sandbox is told once. */
  async strays(scope: Scope): Promise<Stray[]> {
    const found = new Map<string, Stray>();
    for (const substrate of this.#all) {
      for (const stray of await substrate.strays(scope)) {
        if (!found.has(stray.sandbox)) found.set(stray.sandbox, { ...stray, substrate });
      }
    }
    return [...found.values()];
  }

  /** Answers how many bytes of disk were freed. */
  async prune(scope: Scope): Promise<number> {
    await this.loadAll();
    let freed = 0;
    for (const substrate of this.#all) freed += (await substrate.prune?.(scope)) ?? 0;
    return freed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const substrate of this.#all.toReversed()) await substrate[Symbol.asyncDispose]();
  }

  async #known(substrate: Substrate, scope: Scope): Promise<SubstrateReport> {
    const known = this.#reports.get(substrate.name);
    return known?.usable ? known : this.#probe(substrate, scope);
  }

  async #probe(substrate: Substrate, scope: Scope): Promise<SubstrateReport> {
    const report = await substrate.probe(scope);
    this.#reports.set(substrate.name, report);
    return report;
  }
}

const inOrder = (all: readonly Substrate[]): Substrate[] =>
  all.toSorted((a, b) => strength(a.isolation) - strength(b.isolation));

const strength = (isolation: Isolation): number => isolations.indexOf(isolation);

function notIsolated(wanted: Isolation, have: Isolation, lacking: readonly SubstrateReport[]): HoldfastError {
  const fixes = lacking.flatMap(({ fix }) => (fix === null ? [] : [fix]));
  const why = lacking.map(({ substrate, detail }) => `${substrate}: ${detail}`).join('; ');
  return new HoldfastError(
    'capability-missing',
    `isolation ${wanted} was asked for; this machine's sandboxes have ${have}${why === '' ? '' : ` (${why})`}`,
    {
      hint: fixes[0] ?? 'Ask for less with --isolation, or see `holdfast doctor` for what would work here.',
      details: { wanted, have, lacking: lacking.map(({ substrate, detail, fix }) => ({ substrate, detail, fix })) },
    },
  );
}
