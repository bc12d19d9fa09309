import { describe, expect, it } from 'vitest';
import { agentData } from '../../../test/fixtures/agent-world.ts';
import { agentBundleSchema } from '../../schema/index.ts';
import { checkPolicies, policyProblems } from './policy-check.ts';

const tools = [
  { name: 'send', capability: 'mail:send' },
  { name: 'note', capability: 'notes:write' },
];
const said = async (policies: Record<string, string>): Promise<string[]> => {
  const agents = [agentData('clerk', [{ say: 'x' }], { policies }), agentData('boss', [{ say: 'x' }])];
  return (await policyProblems(agentBundleSchema.parse({ entry: 'clerk', agents }), tools)).map(
    ({ message }) => message,
  );
};
const forbid = (head: string, when = 'true'): Promise<string[]> =>
  said({ quiet: `forbid (${head}) when { ${when} };` });
const anything = 'principal, action, resource';

/** What each says; without the check every one of them would forbid nothing, and nobody would know. */
const misspelt: Record<string, [found: Promise<string[]>, says: string]> = {
  'a tool in the head': [
    forbid('principal, action, resource == Tool::"snd"'),
    'names the tool "snd", which there is not',
  ],
  'a tool below': [
    forbid(anything, 'resource in [Tool::"note", Tool::"snd"]'),
    'names the tool "snd", which there is not',
  ],
  'an agent': [
    forbid('principal == Agent::"clark", action, resource'),
    'names the agent "clark", and is only ever asked about clerk',
  ],
  'its own agent for another': [
    forbid('principal == Agent::"boss", action, resource'),
    'names the agent "boss", and is only ever asked about clerk',
  ],
  'an action': [forbid('principal, action == Action::"cal", resource'), 'names the action "cal", which there is not'],
  'a kind of thing': [forbid('principal, action, resource == Tol::"send"'), 'names a Tol, which is nothing'],
  'a kind of thing that is asked for': [
    forbid('principal is User, action, resource'),
    'names a User, which is nothing',
  ],
  'a tool where an agent stands': [
    forbid('principal == Tool::"send", action, resource'),
    'compares principal with a Tool, which it never is',
  ],
  'an agent where a tool stands': [
    forbid(anything, 'resource == Agent::"clerk"'),
    'compares resource with a Agent, which it never is',
  ],
  'a field': [
    forbid(anything, 'context has persn && context.persn == "ada"'),
    'asks for context.persn, which there is not',
  ],
  'a field of an agent': [
    forbid(anything, 'principal.role == "x"'),
    'asks for principal.role, and there is nothing known of it',
  ],
  'a risk': [
    forbid(anything, 'context.risk == "irreversable"'),
    'compares context.risk with "irreversable", which it never is',
  ],
  'a risk among others': [
    forbid(anything, '["write", "irreversable"].contains(context.risk)'),
    'compares context.risk with "irreversable", which it never is',
  ],
  'a capability': [
    forbid(anything, 'context.capability == "mail:sent"'),
    'compares context.capability with "mail:sent"',
  ],
  'a number as a text': [forbid(anything, 'context.depth == "3"'), 'is wrong: '],
  'a name beside what a call is given': [
    forbid(anything, 'context.input.cents > 5 && context.persn == "ada"'),
    'asks for context.persn, which there is not',
  ],
};

describe('a policy', () => {
  it.each(Object.entries(misspelt))('that misspells %s is refused', async (_what, [found, says]) => {
    const messages = await found;
    expect(messages.length).toBeGreaterThan(0);
    for (const message of messages) expect(message).toContain(`policy quiet ${says}`);
  });

  it('that cannot be read is refused, with its name and its agent', async () => {
    const agents = [agentData('clerk', [{ say: 'x' }], { policies: { broken: 'permit (' } })];
    await expect(checkPolicies(agentBundleSchema.parse({ entry: 'clerk', agents }), tools)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('clerk.policies.broken: policy broken cannot be read'),
    });
  });

  it('that is about what there is passes', async () => {
    const fine = {
      all: 'permit (principal, action == Action::"call", resource);',
      own: 'permit (principal == Agent::"clerk", action, resource) when { resource in [Tool::"send", Tool::"recall"] };',
      typed: 'forbid (principal is Agent, action, resource is Tool) unless { resource == Tool::"note" };',
      context: `forbid (${anything}) when { context.risk == "irreversible" && context.capability != "mail:send" && context.untrusted
        && context.depth > 1 && context.person == "ada" && context.tenant == "acme" && context.channel == "page" && !context.linked };`,
      input: `forbid (${anything}) when { context.input has cents && context.input.cents > 1000 };`,
    };
    expect(await said(fine)).toEqual([]);
  });

  it('that travels with work to another runtime may be about tools of there, and about nothing else that there is not', async () => {
    const policies = {
      tool: 'forbid (principal, action, resource == Tool::"deploy");',
      capability: `forbid (${anything}) when { context.capability == "cluster:write" };`,
      risk: `forbid (${anything}) when { context.risk == "irreversable" };`,
      agent: 'forbid (principal == Agent::"elsewhere", action, resource);',
    };
    const model = { provider: 'peer', peer: 'lab', agent: 'expert' } as const;
    const limits = { steps: 5, tokens: 1000, cents: 1, wallMs: 1000, depth: 1 };
    const clerk = (more: object) => agentData('clerk', [{ say: 'x' }], { policies, ...more });
    const boss = agentData('boss', [{ say: 'x' }], { delegates: ['elsewhere'] });
    const elsewhere = agentData('elsewhere', [], { model, limits, tools: [] });
    const wrong = async (...agents: object[]): Promise<string[]> => {
      const problems = await policyProblems(agentBundleSchema.parse({ entry: 'clerk', agents }), tools);
      return problems.map(({ field }) => field);
    };
    const aboutHere = ['policies.risk', 'policies.agent'];
    expect(await wrong(clerk({ delegates: ['elsewhere'] }), elsewhere)).toEqual(aboutHere);
    expect(await wrong(clerk({ handoffs: ['boss'] }), boss, elsewhere)).toEqual(aboutHere);
    expect(await wrong({ ...elsewhere, name: 'clerk', policies })).toEqual(aboutHere);
    // Whose work never gets there has all its tools here, whoever else's does.
    expect(await wrong(clerk({}), boss, elsewhere)).toEqual(['policies.tool', 'policies.capability', ...aboutHere]);
  });
});
