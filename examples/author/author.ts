/**
 * An agent that writes agents. Its tools are the gate, the scenarios and the proposal; it has no other. What it writes is data
 * until a person has seen what it may do and agreed.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import {
  type AgentConstruct,
  agent,
  cap,
  checkProgram,
  diffBundles,
  limits,
  playScenario,
  readAgentFile,
  tool,
} from '../../src/agents/index.ts';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import type { AgentBundle } from '../../src/schema/index.ts';

const directory = import.meta.dirname;
const textOf = (name: string): string => readFileSync(join(directory, name), 'utf8');
const { scenarios, hostTools } = readAgentFile(textOf('../agents/triage.yaml'), 'triage.yaml');
const draft = z.strictObject({ text: z.string().max(65_536) });
const common = { risk: 'read', idempotent: true, untrusted: false, input: draft } as const;
const finding = z.strictObject({
  rule: z.string(),
  line: z.number(),
  column: z.number(),
  message: z.string(),
  fix: z.string(),
});

const check = tool({
  ...common,
  name: 'check',
  description: 'Whether a program may be an agent; each finding with its line and what to write instead.',
  capability: cap('agents:check'),
  output: z.strictObject({ findings: z.array(finding), lines: z.number() }),
  run: async ({ text }) => {
    const { findings, behaviourLines } = await checkProgram(text, hostTools, { clock: systemClock });
    return { findings, lines: behaviourLines };
  },
});

const play = tool({
  ...common,
  name: 'play',
  description: 'Plays the scenarios of the brief; what is not as expected.',
  capability: cap('agents:check'),
  output: z.strictObject({ passed: z.array(z.string()), failed: z.array(z.string()) }),
  run: async ({ text }) => {
    const bundle = await bundleOf(text);
    const passed: string[] = [];
    const failed: string[] = [];
    for (const scenario of scenarios) {
      const home = mkdtempSync(join(tmpdir(), 'holdfast-author-'));
      try {
        const parts = { home, clock: systemClock, random: systemRandom, tools: hostTools };
        const { ok, problems } = await playScenario(bundle, scenario, parts);
        if (ok) passed.push(scenario.name);
        else failed.push(`${scenario.name}: ${problems.join('; ')}`);
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    }
    return { passed, failed };
  },
});

/** What was proposed and agreed to: the text, and what it may do. */
export interface Proposal {
  text: string;
  lines: number;
  changes: string[];
}

/** @param before what is in service now @param propose hears of what people agreed to */
export function author(
  before: AgentBundle,
  propose: (proposal: Proposal) => void,
): AgentConstruct<'author', 'agents:check' | 'agents:propose'> {
  const proposing = tool({
    ...common,
    name: 'propose',
    description: 'Puts the agent into service, once a person agrees; says what it may do that was not done before.',
    capability: cap('agents:propose'),
    risk: 'irreversible',
    output: z.strictObject({ lines: z.number(), changes: z.array(z.string()) }),
    run: async ({ text }) => {
      const changes = diffBundles(before, await bundleOf(text)).map(({ kind, text: said }) => `${kind}: ${said}`);
      const { behaviourLines: lines } = await checkProgram(text, hostTools, { clock: systemClock });
      propose({ text, lines, changes });
      return { lines, changes };
    },
  });
  return agent({
    name: 'author',
    purpose: 'Writes an agent from a brief.',
    instructions: `Write the agent. Check it, mend what is found, play its scenarios, then propose it.\n\n${textOf('brief.md')}`,
    model: { provider: 'scripted', rules: rules() },
    grants: ['agents:check', 'agents:propose'],
    tools: [check, play, proposing],
    limits: limits({ steps: 40, tokens: 2_000_000, cents: 100, wallMs: 600_000, depth: 0 }),
    approvals: [{ tools: ['propose'], withinMs: 86_400_000 }],
  });
}

/** Stands in for a model: it mends what the gate and the scenarios say, draft by draft. */
function rules(): {
  answered?: number;
  sees?: string;
  say?: string;
  call?: { tool: string; input: { text: string } }[];
}[] {
  const [first, second, third] = ['first', 'second', 'third'].map((name) => textOf(`drafts/${name}.ts`));
  const last = textOf('../agents/triage.ts');
  const call = (name: string, text = ''): { tool: string; input: { text: string } }[] => [
    { tool: name, input: { text } },
  ];
  return [
    { answered: 0, call: call('check', first) },
    { answered: 1, sees: 'cannot be imported', call: call('check', second) },
    { answered: 2, sees: 'is not granted', call: call('check', third) },
    { answered: 3, sees: '"findings":[]', call: call('play', third) },
    { answered: 4, sees: 'it does not call ask', call: call('check', last) },
    { answered: 5, sees: '"findings":[]', call: call('play', last) },
    { answered: 6, sees: '"failed":[]', call: call('propose', last) },
    { answered: 7, sees: 'changes', say: 'It is written, checked, played and agreed to.' },
    { say: 'I could not write it.' },
  ];
}

async function bundleOf(text: string): Promise<AgentBundle> {
  const { bundle, findings } = await checkProgram(text, hostTools, { clock: systemClock });
  if (bundle) return bundle;
  throw new Error(`the program has ${findings.length} findings: check it first`);
}
