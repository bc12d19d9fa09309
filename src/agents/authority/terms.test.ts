import { describe, expect, it } from 'vitest';
import { agentData } from '../../../test/fixtures/agent-world.ts';
import { type AgentBundle, type AgentManifestInput, agentBundleSchema } from '../../schema/index.ts';
import { diffBundles } from '../diff.ts';
import { checkBundle, digestOf } from '../manifest.ts';
import { refuseTerms, type SessionFacts } from './terms.ts';

const plain = (name: string, more: Partial<AgentManifestInput> = {}): AgentManifestInput =>
  agentData(name, [{ say: 'x' }], { tools: [], ...more });
const bundle = (...agents: AgentManifestInput[]): AgentBundle =>
  agentBundleSchema.parse({ entry: agents[0]?.name, agents });
const facts = (more: Partial<SessionFacts> = {}): SessionFacts => ({
  person: 'ada',
  claims: {},
  contract: null,
  ...more,
});
const clerk = { person: { named: true, claims: { role: 'clerk' } } };
const held = { contract: 'coding-agent/1.0.0' };

describe('for whom and where an agent works', () => {
  it('is looked at for every agent that a session may come to', () => {
    const all = bundle(plain('a', clerk), plain('b', held));
    expect(() => refuseTerms(all, facts({ claims: { role: 'clerk' }, contract: 'coding-agent/1.0.0' }))).not.toThrow();
    const why = (more: Partial<SessionFacts>): string => {
      try {
        refuseTerms(all, facts(more));
        return 'let in';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(why({ person: 'owner', claims: { role: 'clerk' } })).toBe('a does not work here: it is not said for whom');
    expect(why({})).toBe('a does not work here: the person\'s role must be "clerk", and nothing is said of it');
    expect(why({ claims: { role: 'Clerk' } })).toBe(
      'a does not work here: the person\'s role must be "clerk", and it is "Clerk"',
    );
    expect(why({ claims: Object.create({ role: 'clerk' }) as Record<string, string> })).toContain(
      'nothing is said of it',
    );
    expect(why({ claims: { role: 'clerk' } })).toBe(
      'b does not work here: its sandbox must be held to coding-agent/1.0.0, and it is held to none',
    );
    expect(why({ claims: { role: 'clerk' }, contract: 'coding-agent/1.0.1' })).toContain('held to coding-agent/1.0.1');
  });

  it('is asked for by whoever gives work to one who asks for it', () => {
    const problems = (...agents: AgentManifestInput[]): string[] =>
      checkBundle(bundle(...agents), []).map(({ message }) => message);
    expect(problems(plain('a', { delegates: ['b'] }), plain('b', clerk))).toEqual([
      "'a' may not delegate to 'b': it does not require 'person named'",
      "'a' may not delegate to 'b': it does not require 'person role=clerk'",
    ]);
    expect(
      problems(plain('a', { handoffs: ['b'], passes: { b: 1 }, contract: 'other/1.0.0' }), plain('b', held)),
    ).toEqual(["'a' may not delegate to 'b': it does not require 'contract coding-agent/1.0.0'"]);
    expect(problems(plain('a', { delegates: ['b'], ...clerk, ...held }), plain('b', { ...clerk, ...held }))).toEqual(
      [],
    );
  });

  it('widens what an agent may do when it is taken away', () => {
    expect(
      diffBundles(bundle(plain('a', { ...clerk, ...held })), bundle(plain('a'))).map(
        ({ kind, text }) => `${kind} ${text}`,
      ),
    ).toEqual([
      'widened a no longer requires contract coding-agent/1.0.0',
      'widened a no longer requires person named',
      'widened a no longer requires person role=clerk',
    ]);
    expect(diffBundles(bundle(plain('a')), bundle(plain('a', held))).map(({ kind }) => kind)).toEqual(['narrowed']);
  });

  it('is no part of the digest of an agent that does not ask', () => {
    const without = bundle(plain('a'));
    expect(Object.keys(without.agents[0] ?? {})).not.toContain('person');
    expect(digestOf(bundle(plain('a', clerk)))).not.toBe(digestOf(without));
  });
});
