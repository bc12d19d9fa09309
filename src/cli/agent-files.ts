/** Agents in files, and agents that the daemon knows by name. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AgentBundle } from '../schema/index.ts';
import { textOf } from './contract-files.ts';

/** A file's agents; null when there is no such file and the word may be the name of an agent that the daemon knows. */
export async function agentsIn(word: string, directory: string): Promise<AgentBundle | null> {
  const path = resolve(directory, word);
  if (!existsSync(path) && /^[a-z][a-z0-9-]*$/.test(word)) return null;
  return loadAgents(word, directory);
}

/** @throws HoldfastError `invalid-argument` that names every problem */
export async function loadAgents(word: string, directory: string): Promise<AgentBundle> {
  const [{ parseBundle, readAgentText, sandboxCapability }, { standardTools }] = await Promise.all([
    import('../agents/index.ts'),
    import('../tools/index.ts'),
  ]);
  const text = await textOf(resolve(directory, word), word, 'Give a file with agents, e.g. examples/agents/desk.yaml.');
  const tools = standardTools().map(({ name }) => ({ name, capability: sandboxCapability(name) }));
  return parseBundle(readAgentText(text, word), tools);
}
