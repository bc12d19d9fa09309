/**
 * Acceptance test 9: an authoring model writes an agent from a one-page brief against the gate's findings. Its behaviour has at
 * most 200 lines, it passes its scenarios, and what it may do is shown before it is in service.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { author, type Proposal } from '../../examples/author/author.ts';
import { agentsOf, checkProgram, hostTool, readAgentFile } from '../../src/agents/index.ts';
import { systemClock } from '../../src/base/index.ts';
import { openWorld } from '../fixtures/agent-world.ts';

const examples = join(import.meta.dirname, '../../examples');
const textOf = (name: string): string => readFileSync(join(examples, name), 'utf8');

it('acceptance test 9: an agent writes an agent, and a person sees what it may do before it is in service', async () => {
  const { hostTools } = readAgentFile(textOf('agents/triage.yaml'), 'triage.yaml');
  const { bundle: before } = await checkProgram(textOf('author/drafts/third.ts'), hostTools, { clock: systemClock });
  if (!before) throw new Error('the third draft has findings');
  const proposed: Proposal[] = [];
  const { bundles, tools } = agentsOf(author(before, (proposal) => proposed.push(proposal)));
  const [bundle] = bundles;
  if (!bundle) throw new Error('there is no bundle');
  await using world = openWorld({ tools: (store) => tools.map((facts) => hostTool(facts, store)) });
  const { id } = world.start(bundle, textOf('author/brief.md'));

  await expect.poll(() => world.engine.get(id).state, { timeout: 60_000 }).toBe('waiting');
  expect(proposed).toEqual([]);
  const [asked] = world.store.sessions.asked('default');
  expect(asked?.data).toMatchObject({ tool: 'propose', input: { text: textOf('agents/triage.ts') } });
  world.engine.deliver(id, {
    event: `approval:${asked?.position}`,
    data: { approve: true, by: 'reviewer', reason: null },
  });
  await expect.poll(() => world.engine.get(id).state, { timeout: 30_000 }).toBe('done');
  const ended = world.engine.get(id);

  expect(ended.outcome).toMatchObject({
    ok: true,
    output: { text: '[scripted] It is written, checked, played and agreed to.' },
  });
  expect(proposed).toEqual([
    {
      text: textOf('agents/triage.ts'),
      lines: expect.any(Number),
      changes: [
        'widened: triage may now use person:ask',
        'widened: triage may now use memory:read',
        'widened: triage may now use memory:write',
        'widened: triage may now call ask',
        'widened: triage may now call recall',
        'widened: triage may now call remember',
        'widened: triage now has the memory cases (user, personal)',
        'changed: triage: purpose changed',
        'changed: triage: program changed',
      ],
    },
  ]);
  expect(proposed[0]?.lines).toBeLessThanOrEqual(200);

  // What each draft was told: the gate's findings, then what the scenarios found, then nothing.
  const said = world
    .entries(id)
    .filter(({ kind, data }) => kind === 'outcome' && data['name'] === 'tool')
    .map(({ data }) => data['output'] as { findings?: { rule: string }[]; failed?: string[]; passed?: string[] });
  expect(
    said.map(({ findings, failed }) => findings?.map(({ rule }) => rule) ?? failed?.map(nameOf) ?? 'proposed'),
  ).toEqual([
    ['import', 'no-any', 'no-assertion', 'no-any', 'await', 'no-any', 'TS2304'],
    ['manifest-grants'],
    [],
    ['a bug is filed as one', 'a large refund is asked about', 'a refusal opens nothing'],
    [],
    [],
    'proposed',
  ]);
  expect(said[5]?.passed).toHaveLength(6);
}, 100_000);

const nameOf = (failure: string): string => failure.split(':')[0] ?? '';
