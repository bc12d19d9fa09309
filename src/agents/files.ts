/** Agents written by hand: one of them, or several with the `entry`, as YAML or JSON; and the scenarios that go with them. */
import { z } from 'zod';
import { readSource } from '../contract/index.ts';
import { agentBundleSchema, agentManifestSchema, hostToolFactsSchema } from '../schema/index.ts';
import { type Scenario, scenarioSchema } from './scenarios/scenario.ts';

const hint = 'It is YAML or JSON; examples/agents/desk.yaml shows one.';

/** A function of the host, as agents are to expect it where they are checked and played without one. */
const hostToolSchema = hostToolFactsSchema.extend({
  description: z.string().max(4096).default(''),
  /** JSON Schema. */
  input: z.record(z.string(), z.json()).default({}),
});
export type HostToolNote = z.output<typeof hostToolSchema>;

const besides = {
  scenarios: z.array(scenarioSchema).max(256).default([]),
  hostTools: z.array(hostToolSchema).max(128).default([]),
};
const bundleFileSchema = agentBundleSchema.extend(besides);
const besidesSchema = z.strictObject(besides);

export interface AgentFile {
  /** What `parseBundle` takes; null in a file with scenarios and host tools only. */
  bundle: unknown;
  scenarios: Scenario[];
  hostTools: HostToolNote[];
}

/** Whether it is a file with channels, which names one with agents. */
export function hasChannels(text: string, file: string): boolean {
  return 'channels' in readSource({ text, file, schema: z.looseObject({}), what: 'a file with agents', hint }).value;
}

/** @throws HoldfastError `invalid-argument` with file, line and column of everything that is wrong */
export function readAgentFile(text: string, file: string): AgentFile {
  const read = <S extends z.ZodType>(schema: S): z.output<S> =>
    readSource({ text, file, schema, what: 'a file with agents', hint }).value;
  const found = read(z.looseObject({}));
  if ('agents' in found) {
    const { scenarios, hostTools, ...bundle } = read(bundleFileSchema);
    return { bundle, scenarios, hostTools };
  }
  if ('scenarios' in found || 'hostTools' in found) return { bundle: null, ...read(besidesSchema) };
  const agent = read(agentManifestSchema);
  return { bundle: { entry: agent.name, agents: [agent] }, scenarios: [], hostTools: [] };
}
