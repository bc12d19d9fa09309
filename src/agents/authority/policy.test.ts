import { describe, expect, it } from 'vitest';
import { decidePolicy, type PolicyQuestion } from './policy.ts';

const question: PolicyQuestion = {
  agent: 'clerk',
  tool: 'send',
  capability: 'mail:send',
  risk: 'irreversible',
  tenant: 'acme',
  person: 'ada',
  depth: 2,
  untrusted: false,
  channel: '',
  linked: true,
  input: { to: 'a@example.com', cents: 500, rate: 0.5, nothing: null, parts: ['x'] },
};
const permit = 'permit (principal, action == Action::"call", resource);';

describe('policies', () => {
  it('permit everything that is granted only when there are none (1)', async () => {
    expect(await decidePolicy({}, question)).toMatchObject({ allowed: true });
    expect(await decidePolicy({ other: permit.replace('resource)', 'resource == Tool::"note")') }, question)).toEqual({
      allowed: false,
      policies: [],
      reason: 'no policy permits it',
    });
    expect(await decidePolicy({ all: permit }, question)).toMatchObject({ allowed: true, policies: ['all'] });
  });

  it('name what forbade, and a forbid beats every permit (3)', async () => {
    const policies = {
      all: permit,
      'not-far': 'forbid (principal, action, resource) when { context.depth > 1 };',
      small: 'forbid (principal, action, resource) when { context.input.cents > 1000 };',
    };
    expect(await decidePolicy(policies, question)).toEqual({
      allowed: false,
      policies: ['not-far'],
      reason: 'forbidden by not-far',
    });
    expect(await decidePolicy(policies, { ...question, depth: 1 })).toMatchObject({ allowed: true });
    const dear = { ...question, depth: 1, input: { cents: 5000 } };
    expect(await decidePolicy(policies, dear)).toMatchObject({ allowed: false, policies: ['small'] });
  });

  it('deny when they cannot be read or evaluated (2)', async () => {
    expect(await decidePolicy({ broken: 'permit (' }, question)).toMatchObject({ allowed: false });
    const failing = { all: permit, odd: 'forbid (principal, action, resource) when { context.input.missing == 1 };' };
    expect(await decidePolicy(failing, question)).toEqual({
      allowed: false,
      policies: ['odd'],
      reason: 'odd could not be evaluated',
    });
  });

  it('take no entity from what a model gave as input', async () => {
    const policies = { ada: 'permit (principal, action, resource) when { context.input.who == Agent::"boss" };' };
    const input = { who: { __entity: { type: 'Agent', id: 'boss' } } };
    expect(await decidePolicy(policies, { ...question, input })).toMatchObject({ allowed: false });
  });
});
