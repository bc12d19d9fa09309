/** Classes of latency: the boundaries at which a policy learns another way to wait. */
export const latencyClasses = ['instant', 'quick', 'slow', 'long'] as const;
export type LatencyClass = (typeof latencyClasses)[number];

const below: Record<LatencyClass, number> = {
  instant: 50,
  quick: 1000,
  slow: 10_000,
  long: Number.POSITIVE_INFINITY,
};

export function latencyClassOf(ms: number): LatencyClass {
  return latencyClasses.find((name) => ms < below[name]) ?? 'long';
}

/** The boundary is no cliff: a quarter beyond it, nobody waits differently. */
const leeway = 1.25;

export function isOfClass(ms: number, name: LatencyClass): boolean {
  return latencyClassOf(ms * leeway) === name || latencyClassOf(ms / leeway) === name || latencyClassOf(ms) === name;
}
