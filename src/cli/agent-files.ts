/** Agents in files, and agents that the daemon knows by name. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AgentFile, Finding, Scenario, ToolToPlay } from '../agents/index.ts';
import { systemClock } from '../base/index.ts';
import { type AgentBundle, HoldfastError } from '../schema/index.ts';
import { textOf } from './contract-files.ts';

export interface LoadedAgents {
  bundle: AgentBundle;
  scenarios: Scenario[];
  tools: ToolToPlay[];
  /** Of a program; null where agents are data. */
  behaviourLines: number | null;
}

/** A file's agents; null when there is no such file and the word may be the name of an agent that the daemon knows. */
export async function agentsIn(word: string, directory: string): Promise<AgentBundle | null> {
  const path = resolve(directory, word);
  if (!existsSync(path) && /^[a-z][a-z0-9-]*$/.test(word)) return null;
  return (await loadAgents(word, { directory })).bundle;
}

/**
 * @param besides another file, with scenarios and host tools
 * @throws HoldfastError `invalid-argument` that names every problem; of a program with its findings in `details`
 */
export async function loadAgents(
  word: string,
  { directory, besides }: { directory: string; besides?: string | undefined },
): Promise<LoadedAgents> {
  const [
    { checkPolicies, checkProgram, parseBundle, readAgentFile, sandboxCapability, withHostTools },
    { standardTools },
  ] = await Promise.all([import('../agents/index.ts'), import('../tools/index.ts')]);
  const text = await textOf(resolve(directory, word), word, 'Give a file with agents, e.g. examples/agents/desk.yaml.');
  const more: AgentFile[] = [];
  if (besides !== undefined) {
    const hint = 'Give a file with scenarios, e.g. examples/agents/triage.scenarios.yaml.';
    more.push(readAgentFile(await textOf(resolve(directory, besides), besides, hint), besides));
  }
  const isProgram = word.endsWith('.ts');
  if (!isProgram) more.unshift(readAgentFile(text, word));
  const inside = standardTools().map((tool) => {
    const { name, risk, input, description } = tool.describe();
    return { name, risk, input, description, capability: sandboxCapability(name), untrusted: true };
  });
  const hostTools = more.flatMap((each) => each.hostTools);
  const tools = [...inside, ...hostTools];
  const scenarios = more.flatMap((each) => each.scenarios);
  const made = (bundle: AgentBundle): AgentBundle => parseBundle(withHostTools(bundle, hostTools), tools);
  if (!isProgram) {
    const bundle = made(parseBundle(more[0]?.bundle, tools));
    await checkPolicies(bundle, tools);
    return { bundle, scenarios, tools, behaviourLines: null };
  }
  const { findings, bundle, behaviourLines } = await checkProgram(text, tools, { clock: systemClock });
  if (!bundle) throw refused(word, findings);
  return { bundle: made(bundle), scenarios, tools, behaviourLines };
}

function refused(file: string, findings: readonly Finding[]): HoldfastError {
  const shown = findings
    .slice(0, 20)
    .map(
      ({ rule, line, column, message, fix }) =>
        `${file}:${line}:${column}: ${rule}: ${message.replace(/\.$/, '')}. ${fix}`,
    );
  return new HoldfastError('invalid-argument', shown.join('\n'), {
    hint: 'Mend what is named and check again.',
    details: { file, findings },
  });
}
