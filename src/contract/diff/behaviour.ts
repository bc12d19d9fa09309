/** Latency, failures and output of two contracts: what an agent learnt of waiting, retrying and reading. */
import type { Contract } from '../document/contract.ts';
import { latencyClassOf } from '../document/latency-class.ts';
import type { FailureTerm, LatencyTerm } from '../document/terms.ts';
import type { Severity } from '../findings/index.ts';
import { type Judge, type Say, sayer } from './judge.ts';
import { judgeTerms } from './levels.ts';

export function diffLatency(first: Contract, second: Contract, judge: Judge): void {
  for (const operation of new Set([...Object.keys(first.latency), ...Object.keys(second.latency)])) {
    const [before, after] = [first.latency[operation], second.latency[operation]];
    const say = sayer(judge, `latency.${operation}`);
    judgeTerms(before, after, say, {
      changed: (was, is) => diffOperation(was, is, say),
      gone: (was) =>
        say('major', 'latency-removed', '', [was.class, 'absent'], 'nothing is promised of how long it takes'),
      added: (is) => say('minor', 'latency-added', '', ['absent', is.class], 'a promise that was not there'),
    });
  }
}

function diffOperation(before: LatencyTerm, after: LatencyTerm, say: Say): void {
  if (before.class !== after.class) {
    const why = 'a policy that learnt when to wait and when to poll is wrong now';
    say('major', 'class-changed', '.class', [before.class, after.class], why);
  }
  diffFloor(before.floorMs, after.floorMs, say);
  for (const name of ['p50Ms', 'p90Ms', 'p99Ms'] as const) diffEnvelope(name, before[name], after[name], say);
  diffNumber(before.timeoutProbability, after.timeoutProbability, (severity, values) => {
    const why = severity === 'major' ? 'more calls run into their time limit than were trained for' : 'fewer time-outs';
    say(severity, 'timeouts-changed', '.timeoutProbability', values, why);
  });
}

function diffFloor(before: number, after: number, say: Say): void {
  const values: [string, string] = [`${before} ms`, `${after} ms`];
  if (after > before) say('patch', 'floor-raised', '.floorMs', values, 'tighter inside the class');
  if (after >= before) return;
  const crosses = latencyClassOf(before) !== latencyClassOf(after);
  const why = crosses ? 'answers come before the policy learnt to look for them' : 'faster inside the class';
  say(crosses ? 'major' : 'minor', 'floor-lowered', '.floorMs', values, why);
}

type Envelope = LatencyTerm['p50Ms'];

function diffEnvelope(name: string, before: Envelope, after: Envelope, say: Say): void {
  if (!before || !after) {
    const values: [string, string] = [spell(before), spell(after)];
    if (before) say('major', 'envelope-removed', `.${name}`, values, 'it may take any time now');
    if (after) say('patch', 'envelope-added', `.${name}`, values, 'tighter inside the class');
    return;
  }
  const values: [string, string] = [spell(before), spell(after)];
  if (after[1] > before[1]) {
    say('major', 'ceiling-raised', `.${name}`, values, 'time limits that were ample get tight');
  } else if (after[0] < before[0]) {
    const crosses = latencyClassOf(before[0]) !== latencyClassOf(after[0]);
    const why = crosses ? 'answers come before the policy learnt to look for them' : 'faster inside the class';
    say(crosses ? 'major' : 'minor', 'floor-lowered', `.${name}`, values, why);
  } else if (after[1] < before[1] || after[0] > before[0]) {
    say('patch', 'tightened', `.${name}`, values, 'tighter inside the class');
  }
}

function spell(envelope: Envelope): string {
  return envelope ? `${envelope[0]} to ${envelope[1]} ms` : 'absent';
}

export function diffFailures(first: Contract, second: Contract, judge: Judge): void {
  const [left, right] = [byKey(first.failures), byKey(second.failures)];
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    for (const [at, [before, after]] of pairsOf(left.get(key) ?? [], right.get(key) ?? []).entries()) {
      const say = sayer(judge, `failures.${key}${at === 0 ? '' : `#${at + 1}`}`);
      judgeTerms(before, after, say, {
        changed: (was, is) => diffFailure(was, is, say),
        gone: (was) => say('minor', 'failure-removed', '', [was.template, 'absent'], 'it does not happen any more'),
        added: (is) =>
          say('major', 'failure-added', '', ['absent', is.template], 'a failure that training never showed'),
      });
    }
  }
}

function byKey(terms: readonly FailureTerm[]): Map<string, FailureTerm[]> {
  return Map.groupBy(terms, ({ layer, code }) => `${layer}.${code}`);
}

type FailurePair = [before: FailureTerm | undefined, after: FailureTerm | undefined];

/** The same code of a layer may stand with several texts, in any order: what is left without its text is paired as it stands. */
function pairsOf(before: readonly FailureTerm[], after: readonly FailureTerm[]): FailurePair[] {
  const sameText = (term: FailureTerm, among: readonly FailureTerm[]): FailureTerm | undefined =>
    among.find(({ template }) => template === term.template);
  const others = after.filter((term) => !sameText(term, before));
  const pairs = before.map((term): FailurePair => [term, sameText(term, after) ?? others.shift()]);
  return [...pairs, ...others.map((term): FailurePair => [undefined, term])];
}

const sideEffects = ['none', 'maybe', 'done'];

function diffFailure(before: FailureTerm, after: FailureTerm, say: Say): void {
  if (before.template !== after.template)
    say(
      'major',
      'template-changed',
      '.template',
      [before.template, after.template],
      'a learnt reaction to the text no longer fires',
    );
  diffNumber(before.rate, after.rate, (severity, values) => {
    const why = severity === 'major' ? 'it happens more often than was trained for' : 'it happens less often';
    say(severity, 'rate-changed', '.rate', values, why);
  });
  diffNumber(before.burst, after.burst, (severity, values) => {
    const why = severity === 'major' ? 'more of them in a row than the policy learnt to outlast' : 'fewer in a row';
    say(severity, 'burst-changed', '.burst', values, why);
  });
  if (before.retryable !== after.retryable) {
    const values: [string, string] = [String(before.retryable), String(after.retryable)];
    if (before.retryable) say('major', 'retryable-lost', '.retryable', values, 'retrying it never helps');
    else say('minor', 'retryable-gained', '.retryable', values, 'a retry may help');
  }
  const [was, is] = [before.sideEffect, after.sideEffect];
  if (was !== is) {
    const grew = sideEffects.indexOf(is) > sideEffects.indexOf(was);
    const why = grew ? 'a retry may do it a second time' : 'a retry is safer';
    say(grew ? 'major' : 'minor', 'side-effect-changed', '.sideEffect', [was, is], why);
  }
  if (before.hint !== after.hint)
    say('patch', 'text', '.hint', [before.hint ?? 'absent', after.hint ?? 'absent'], 'words only');
}

export function diffOutput(first: Contract, second: Contract, judge: Judge): void {
  const say = sayer(judge, 'output');
  const [before, after] = [first.output, second.output];
  if (!before && after) say('minor', 'output-added', '', ['absent', after.strategy], 'a promise that was not there');
  if (before && !after)
    say('major', 'output-removed', '', [before.strategy, 'absent'], 'long output is cut in some way');
  if (!before || !after) return;
  for (const name of ['capBytes', 'strategy', 'marker'] as const) {
    if (before[name] === after[name]) continue;
    const why = 'cut output looks different: the end is not seen, or a cut is taken for the whole';
    say('major', 'output-changed', `.${name}`, [String(before[name]), String(after[name])], why);
  }
}

/** A bound that is raised is broken by whoever relied on it; a lower one is merely tighter. */
function diffNumber(before: number, after: number, say: (severity: Severity, values: [string, string]) => void): void {
  if (before !== after) say(after > before ? 'major' : 'patch', [String(before), String(after)]);
}
