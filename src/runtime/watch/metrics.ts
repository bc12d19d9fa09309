/**
 * What this daemon is and did, as Prometheus reads it (text exposition format 0.0.4).
 *
 * 1. A tenant's key sees that tenant's numbers; the owner sees all, each with its tenant.
 * 2. Labels come from closed lists and names we checked, and are escaped all the same.
 */
import type { Core } from '../core.ts';
import { canaryTenant } from './watcher.ts';

type Labels = Readonly<Record<string, string | number>>;

interface Metric {
  name: string;
  type: 'gauge' | 'counter';
  help: string;
  samples: readonly (readonly [Labels, number])[];
}

/** @param tenant whose; null is everybody's, and what belongs to the machine */
export function metricsText(core: Core, tenant: string | null): string {
  const metrics = [...sandboxMetrics(core, tenant), ...countedMetrics(core, tenant), ...admissionMetrics(core, tenant)];
  if (tenant === null) metrics.push(...watchMetrics(core));
  return metrics.map(formatMetric).join('');
}

/** Canaries are nobody's work. */
const isOf = (asked: string | null, tenant: string | undefined): boolean =>
  asked === null ? tenant !== canaryTenant : tenant === asked;

function sandboxMetrics({ store, controller }: Core, tenant: string | null): Metric[] {
  const counts = store.sandboxes.counts();
  const owned = counts.filter((one) => !one.pooled && isOf(tenant, one.tenant));
  const pools: Metric = {
    name: 'pool_waiting',
    type: 'gauge',
    help: 'Sandboxes that wait in a pool.',
    samples: controller.waiting.map(({ template, isolation, contract, count }) => [
      { template, isolation, contract: contract?.name ?? '' },
      count,
    ]),
  };
  return [
    {
      name: 'sandboxes',
      type: 'gauge',
      help: 'Sandboxes that are not gone, by state.',
      samples: owned.map((one) => [{ tenant: one.tenant, state: one.state }, one.count]),
    },
    ...(tenant === null ? [pools] : []),
  ];
}

const counted: readonly (readonly [name: string, help: string])[] = [
  ['calls', 'Verbs and tool calls that came to the door.'],
  ['creates', 'Sandboxes that were asked for, by how that ended.'],
  ['errors', 'Failures, by code.'],
];

function countedMetrics({ counters }: Core, tenant: string | null): Metric[] {
  const all = counters.list().filter(({ labels }) => isOf(tenant, labels['tenant']));
  return counted.map(([name, help]) => ({
    name: `${name}_total`,
    type: 'counter',
    help: `${help} Since the daemon started.`,
    samples: all.filter((one) => one.name === name).map(({ labels, value }) => [labels, value]),
  }));
}

function admissionMetrics({ admission }: Core, tenant: string | null): Metric[] {
  const all = admission.list().filter((one) => isOf(tenant, one.tenant));
  const labelled = (read: (one: (typeof all)[number]) => number | null): Metric['samples'] =>
    all.flatMap((one) => {
      const value = read(one);
      const { tenant: whose, contract, operation } = one;
      return value === null ? [] : [[{ tenant: whose, contract, operation }, value] as const];
    });
  return [
    {
      name: 'admission_open',
      type: 'gauge',
      help: 'Whether further sandboxes of this contract are let in as far as this operation goes.',
      samples: labelled(({ open }) => Number(open)),
    },
    {
      name: 'admission_refused_total',
      type: 'counter',
      help: 'Creates that were refused because a ceiling was not kept. Since the daemon started.',
      samples: labelled(({ refused }) => refused),
    },
    {
      name: 'latency_ceiling_seconds',
      type: 'gauge',
      help: 'What the contract promises of the 99th percentile.',
      samples: labelled(({ ceilingMs }) => ceilingMs / 1000),
    },
    {
      name: 'latency_p99_seconds',
      type: 'gauge',
      help: 'The 99th percentile of the last minute, the runtime’s own share.',
      samples: labelled(({ p99Ms }) => (p99Ms === null ? null : p99Ms / 1000)),
    },
    {
      name: 'latency_samples',
      type: 'gauge',
      help: 'Measurements of the last minute.',
      samples: labelled(({ samples }) => samples),
    },
  ];
}

function watchMetrics({ store, clock }: Core): Metric[] {
  const watches = store.watches.list();
  const labelsOf = ({ id, contract, isolation, template }: (typeof watches)[number]): Labels => ({
    watch: id,
    contract: contract?.name ?? '',
    isolation,
    template: template ?? '',
  });
  const last = watches.map((watch) => [watch, store.watches.lastCanary(watch.id)] as const);
  return [
    {
      name: 'findings',
      type: 'gauge',
      help: 'Drifts that canaries found, by state and severity.',
      samples: tallied(store.watches.findings({}).map(({ state, severity }) => ({ state, severity }))),
    },
    {
      name: 'canary_age_seconds',
      type: 'gauge',
      help: 'Since the last canary of this watch started.',
      samples: last.flatMap(([watch, canary]) =>
        canary ? [[labelsOf(watch), (clock.nowMs() - Date.parse(canary.startedAt)) / 1000] as const] : [],
      ),
    },
    {
      name: 'canary_outcome',
      type: 'gauge',
      help: 'How the last canary of this watch ended: 1 at its outcome.',
      samples: last.flatMap(([watch, canary]) =>
        canary ? [[{ ...labelsOf(watch), outcome: canary.outcome ?? 'running' }, 1] as const] : [],
      ),
    },
  ];
}

function tallied(all: readonly Labels[]): Metric['samples'] {
  const tally = new Map<string, [Labels, number]>();
  for (const labels of all) {
    const key = JSON.stringify(labels);
    tally.set(key, [labels, (tally.get(key)?.[1] ?? 0) + 1]);
  }
  return [...tally.values()];
}

function formatMetric({ name, type, help, samples }: Metric): string {
  const full = `holdfast_${name}`;
  const lines = samples.map(([labels, value]) => `${full}${formatLabels(labels)} ${value}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('')}`;
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
