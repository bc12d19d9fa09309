/** Tools of two contracts: what a learnt call needs must still be taken, and what a learnt reading needs still be given. */
import type { Contract } from '../document/contract.ts';
import type { ToolTerm } from '../document/terms.ts';
import { type Judge, type Say, sayer } from './judge.ts';
import { judgeTerms } from './levels.ts';

export function diffTools(first: Contract, second: Contract, judge: Judge): void {
  for (const name of new Set([...Object.keys(first.tools), ...Object.keys(second.tools)])) {
    const [before, after] = [first.tools[name], second.tools[name]];
    const say = sayer(judge, `tools.${name}`);
    judgeTerms(before, after, say, {
      changed: (was, is) => {
        const known = judge.findings.length;
        diffTool(was, is, say);
        if (judge.findings.length === known) diffSchemas(was, is, say);
      },
      gone: () => say('major', 'tool-removed', '', ['present', 'absent'], 'calls of it fail'),
      added: () =>
        say('minor', 'tool-added', '', ['absent', 'present'], 'a new tool: agents trained without it do not use it'),
    });
  }
}

/** Of two contracts: whether schemas are promised. What a runtime offers may not say them. */
export function diffPromisedSchemas(first: Contract, second: Contract, judge: Judge): void {
  for (const [name, { level, schemas: was }] of Object.entries(first.tools)) {
    const after = second.tools[name];
    const is = after?.schemas;
    if (!after || level === 'free' || (was === undefined) === (is === undefined)) continue;
    const facts = { field: `tools.${name}.schemas`, from: shortOf(was), to: shortOf(is) };
    if (is === undefined)
      judge.say({ ...facts, severity: 'major', rule: 'schema-unsaid', consequence: 'types and bounds may be others' });
    else
      judge.say({ ...facts, severity: 'patch', rule: 'schema-said', consequence: 'types and bounds stay as they are' });
  }
}

const shortOf = (digest: string | undefined): string => digest?.slice(0, 19) ?? 'not said';

/** What has no name of its own in a contract: a change of it shows only where nothing else changed. */
function diffSchemas({ schemas: was }: ToolTerm, { schemas: is }: ToolTerm, say: Say): void {
  if (was === undefined || is === undefined || was === is) return;
  const why = 'calls that were taken are refused, or answers read otherwise';
  say('major', 'schema-changed', '.schemas', [shortOf(was), shortOf(is)], why);
}

const risks = ['read', 'write', 'irreversible'];

function diffTool(before: ToolTerm, after: ToolTerm, say: Say): void {
  if (before.timing !== after.timing) {
    const why = 'the policy waits where it should poll, or polls where it should wait';
    say('major', 'timing-changed', '.timing', [before.timing, after.timing], why);
  }
  if (before.idempotent !== after.idempotent) {
    const values: [string, string] = [String(before.idempotent), String(after.idempotent)];
    if (before.idempotent) say('major', 'idempotent-lost', '.idempotent', values, 'a retry does it a second time');
    else say('minor', 'idempotent-gained', '.idempotent', values, 'retries are safe now');
  }
  if (before.risk !== after.risk) {
    const grew = risks.indexOf(after.risk) > risks.indexOf(before.risk);
    const why = grew ? 'a call that was harmless can destroy' : 'less can go wrong';
    say(grew ? 'major' : 'minor', 'risk-changed', '.risk', [before.risk, after.risk], why);
  }
  diffArguments(before, after, say);
  diffAnswers(before, after, say);
}

function diffArguments(before: ToolTerm, after: ToolTerm, say: Say): void {
  for (const name of new Set([...Object.keys(before.arguments), ...Object.keys(after.arguments)])) {
    const [was, is] = [before.arguments[name], after.arguments[name]];
    if (was === is) continue;
    const values: [string, string] = [was ?? 'absent', is ?? 'absent'];
    const place = `.arguments.${name}`;
    if (is === undefined) say('major', 'argument-removed', place, values, 'calls that give it are refused or ignored');
    else if (is === 'required') say('major', 'argument-required', place, values, 'calls without it are refused');
    else if (was === undefined)
      say('minor', 'argument-added', place, values, 'agents trained without it do not use it');
    else say('minor', 'argument-optional', place, values, 'it need not be given any more');
  }
  if (before.closed === after.closed) return;
  const values: [string, string] = [before.closed ? 'closed' : 'open', after.closed ? 'closed' : 'open'];
  if (after.closed) say('major', 'arguments-closed', '.arguments', values, 'calls with further arguments are refused');
  else say('minor', 'arguments-opened', '.arguments', values, 'further arguments are taken');
}

function diffAnswers(before: ToolTerm, after: ToolTerm, say: Say): void {
  for (const name of before.answers.filter((one) => !after.answers.includes(one)))
    say('major', 'answer-removed', `.answers.${name}`, ['present', 'absent'], 'what the policy reads there is missing');
  for (const name of after.answers.filter((one) => !before.answers.includes(one)))
    say('minor', 'answer-added', `.answers.${name}`, ['absent', 'present'], 'agents trained without it do not read it');
  for (const name of new Set([...Object.keys(before.values), ...Object.keys(after.values)])) {
    const [was, is] = [before.values[name], after.values[name]];
    const values: [string, string] = [was?.join(', ') ?? 'open', is?.join(', ') ?? 'open'];
    const added = is === undefined ? was !== undefined : was !== undefined && is.some((value) => !was.includes(value));
    const removed = was === undefined ? is !== undefined : is !== undefined && was.some((value) => !is.includes(value));
    if (added) say('major', 'value-added', `.values.${name}`, values, 'an answer that training never showed');
    else if (removed) say('minor', 'value-removed', `.values.${name}`, values, 'an answer of training does not come');
  }
}
