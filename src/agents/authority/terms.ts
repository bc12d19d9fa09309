/**
 * For whom an agent works, and where: what must be known of the person, and which contract its sandbox must be held to. It is
 * looked at when a session starts. Whoever gives work to another asks for at least as much, so that nobody works for a person
 * through others for whom it would not work itself.
 */
import { type AgentBundle, type AgentManifest, HoldfastError } from '../../schema/index.ts';

type WithTerms = Pick<AgentManifest, 'person' | 'contract'>;

/** In words: `person named`, `person role=clerk`, `contract coding-agent/1.0.0`. */
export function termsOf({ person, contract }: WithTerms): string[] {
  return [
    ...(person?.named === true ? ['person named'] : []),
    ...Object.entries(person?.claims ?? {}).map(([claim, value]) => `person ${claim}=${value}`),
    ...(contract === undefined ? [] : [`contract ${contract}`]),
  ].sort();
}

export interface SessionFacts {
  person: string;
  /** What whoever vouches for people says of this one. */
  claims: Readonly<Record<string, string>>;
  /** Of the sandbox, with all that it says: a name alone is not enough. Null: it is held to none, or there is none. */
  contract: string | null;
}

/** The person who is meant when nobody is named. */
const nobodyNamed = 'owner';

/** @throws HoldfastError `forbidden` that names the agent and what is missing */
export function refuseTerms({ agents }: Pick<AgentBundle, 'agents'>, facts: SessionFacts): void {
  for (const agent of agents) {
    const missing = missingOf(agent, facts);
    if (missing === null) continue;
    const [what, hint] = missing;
    throw new HoldfastError('forbidden', `${agent.name} does not work here: ${what}`, {
      hint,
      details: { agent: agent.name, terms: termsOf(agent) },
    });
  }
}

function missingOf({ person: terms, contract }: WithTerms, facts: SessionFacts): [what: string, hint: string] | null {
  if (terms?.named === true && facts.person === nobodyNamed) {
    return ['it is not said for whom', 'Name the person that the session works for.'];
  }
  for (const [claim, value] of Object.entries(terms?.claims ?? {})) {
    const has = Object.hasOwn(facts.claims, claim) ? facts.claims[claim] : undefined;
    if (has === value) continue;
    const instead = has === undefined ? 'nothing is said of it' : `it is ${JSON.stringify(has)}`;
    const what = `the person's ${claim} must be ${JSON.stringify(value)}, and ${instead}`;
    return [what, 'Start it for somebody of whom the runtime’s owner says so: claims of createRuntime({ agents }).'];
  }
  if (contract === undefined || contract === facts.contract) return null;
  const instead = facts.contract === null ? 'it is held to none' : `it is held to ${facts.contract}`;
  return [
    `its sandbox must be held to ${contract}, and ${instead}`,
    `Start it with a sandbox that was created under ${contract}.`,
  ];
}
