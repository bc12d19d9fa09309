/**
 * The fields of two profiles. Only what was stable on both sides is compared; what was not is listed with its reason.
 */

import { levelOf, levelWeights } from '../comparison/levels.ts';
import { absent, type Difference, differenceOf, textOf } from '../comparison/observed.ts';
import { isWider, shownBy } from '../comparison/reach.ts';
import type { Contract } from '../document/contract.ts';
import type { Level } from '../document/terms.ts';
import { type FieldSpec, fieldRegistry } from '../fields/index.ts';
import { finding, type Severity } from '../findings/index.ts';
import type { Observation, Profile } from '../profile/index.ts';
import { type Part, type Parts, type UsageOf, usageWeight } from './parts.ts';
import type { NotMeasured } from './types.ts';

/** A value must have come out the same so many times to count. */
const fewestReadings = 3;
/** Of a difference that only adds: the part of its weight that counts. */
const harmlessShare = 0.25;

export interface Rules {
  contract: Contract | null;
  usageOf: UsageOf;
}

export function compareFields(first: Profile, second: Profile, rules: Rules): Parts {
  const [left, right] = [byId(first), byId(second)];
  const result: Parts = { parts: [], unstable: [], couldNotMeasure: [], missed: [] };
  for (const spec of fieldRegistry) {
    const [one, other] = [left.get(spec.id), right.get(spec.id)];
    if (!one && !other) continue;
    const problem = problemOf(one, 'first') ?? problemOf(other, 'second');
    if (problem === null && one && other) result.parts.push(partOf(spec, [one, other], rules));
    else if (problem !== null) listProblem(result, spec, problem, rules);
  }
  return result;
}

function byId(profile: Profile): Map<string, Observation> {
  return new Map(profile.observations.map((observation) => [observation.id, observation]));
}

type Problem = { kind: 'unstable' | 'could-not-measure'; reason: string };

function problemOf(observation: Observation | undefined, side: string): Problem | null {
  if (!observation) return { kind: 'could-not-measure', reason: `not asked on the ${side} side` };
  if (observation.kind === 'unstable') {
    return { kind: 'unstable', reason: `readings of the ${side} side disagree: ${textOf(observation).slice(0, 200)}` };
  }
  if (observation.kind === 'could-not-measure') {
    return { kind: 'could-not-measure', reason: `${side} side: ${observation.reason}` };
  }
  if (observation.readings >= fewestReadings) return null;
  const times = observation.readings === 1 ? 'once' : `${observation.readings} times`;
  return { kind: 'could-not-measure', reason: `read only ${times} on the ${side} side; ${fewestReadings} are needed` };
}

function listProblem(result: Parts, { id }: FieldSpec, problem: Problem, { contract, usageOf }: Rules): void {
  result.missed.push({ what: id, weight: levelWeights[levelOf(id, contract)] * usageWeight(usageOf(id)) });
  const entry: NotMeasured = { what: id, reason: problem.reason };
  if (problem.kind === 'unstable') result.unstable.push(entry);
  else if (contract === null || id in contract.fields) result.couldNotMeasure.push(entry);
}

function partOf(spec: FieldSpec, [one, other]: [Observation, Observation], { contract, usageOf }: Rules): Part {
  const level = levelOf(spec.id, contract);
  const usage = usageOf(spec.id);
  const weight = levelWeights[level] * usageWeight(usage);
  const difference = differenceOf(spec, one, other);
  if (difference === null) return { what: spec.id, weight, distance: 0, unseen: 0, findings: [] };
  const { distance, harmless, rule, from, to } = difference;
  const severity = severityOf(level, harmless);
  const safety = isWider(spec.id, shownBy(one), shownBy(other));
  return {
    what: spec.id,
    weight,
    distance: distance * (harmless ? harmlessShare : 1),
    unseen: unseenShare(one, other, distance),
    findings: [
      finding({
        severity,
        field: spec.id,
        rule: `observed-${rule}`,
        from,
        to,
        usage,
        consequence: consequenceOf(spec, difference, safety),
        safety,
      }),
    ],
  };
}

/** The registry says what a loss means. */
function consequenceOf({ section, consequence }: FieldSpec, { harmless, to }: Difference, wider: boolean): string {
  if (harmless && wider) return 'more can be reached than in training';
  if (harmless) return 'nothing that training had is missing; what is new was never practised';
  return section === 'userland' && to === absent ? 'it is missing: commands that call it fail' : consequence;
}

export function severityOf(level: Level, harmless: boolean): Severity {
  if (level === 'free') return 'observed';
  return level === 'promise' && !harmless ? 'major' : 'minor';
}

/** Of a set, the members that are new; else the value as a whole. */
function unseenShare(one: Observation, other: Observation, distance: number): number {
  if (one.kind !== 'set' || other.kind !== 'set') return distance;
  const known = new Set(one.members);
  const added = other.members.filter((member) => !known.has(member)).length;
  return other.members.length === 0 ? 0 : added / other.members.length;
}
