/** Agents written by hand: one of them, or several with the `entry`, as YAML or JSON. */
import { z } from 'zod';
import { readSource } from '../contract/index.ts';
import { agentBundleSchema, agentManifestSchema } from '../schema/index.ts';

const hint = 'It is YAML or JSON; examples/agents/desk.yaml shows one.';

/** What `parseBundle` takes. @throws HoldfastError `invalid-argument` with file, line and column of everything that is wrong */
export function readAgentText(text: string, file: string): unknown {
  const read = <S extends z.ZodType>(schema: S): z.output<S> =>
    readSource({ text, file, schema, what: 'a file with agents', hint }).value;
  const isBundle = 'agents' in read(z.looseObject({}));
  if (isBundle) return read(agentBundleSchema);
  const agent = read(agentManifestSchema);
  return { entry: agent.name, agents: [agent] };
}
