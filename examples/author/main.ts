/**
 * An agent writes an agent from a one-page brief: the gate and the scenarios tell it what is wrong, and a person agrees to what
 * it may do before it is in service. The model is scripted, so that it runs without a key.
 *
 *   node examples/author/main.ts
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentsOf, checkProgram, readAgentFile } from '../../src/agents/index.ts';
import { systemClock } from '../../src/base/index.ts';
import { createRuntime } from '../../src/runtime/index.ts';
import { author } from './author.ts';

const textOf = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');
const { hostTools } = readAgentFile(textOf('../agents/triage.yaml'), 'triage.yaml');
const { bundle: inService } = await checkProgram(textOf('drafts/third.ts'), hostTools, { clock: systemClock });
if (!inService) throw new Error('what is in service cannot be read');

const writer = author(inService, ({ lines, changes }) => {
  console.log(`\nproposed: ${lines} lines of behaviour`);
  for (const change of changes) console.log(`  ${change}`);
});
const runtime = await createRuntime({ agents: agentsOf(writer) });
try {
  const service = runtime.service();
  const { id } = await service.startSession({ agent: 'author', message: textOf('brief.md'), task: true });
  for await (const { kind, data } of await service.sessionEntries(id, {})) {
    if (kind === 'outcome' && data['name'] === 'tool')
      console.log(`${data['tool']}: ${JSON.stringify(data['output'])}`);
    if (kind !== 'approval-asked') continue;
    const [approval] = await service.listApprovals();
    const reviewer = runtime.service('default', 'reviewer');
    if (approval) await reviewer.decideApproval(approval.id, { approve: true });
  }
  console.log(JSON.stringify((await service.getSession(id)).outcome));
} finally {
  await runtime.close();
}
