/**
 * Whether policies are about what there is. A name that is misspelt matches nothing, so a `forbid` with one forbids nothing:
 * it is refused when agents are loaded, and not found out at a call.
 *
 * 1. Each policy parses; each tool and action in it is there, in a place where it can match. The only agent it is ever asked
 *    about is its own. Whose work may come to an agent of another runtime has its policies asked there too: tools of there are not
 *    known here.
 * 2. Of the context it asks for what there is; a risk or a capability that it compares with is one.
 * 3. Cedar's own validator has nothing against it. What a call is given, `context.input`, is of any shape: policies that look
 *    into it are checked for names only.
 */
import type { PolicyJson, Schema } from '@cedar-policy/cedar-wasm/nodejs';
import { type AgentBundle, type AgentManifest, risks } from '../../schema/index.ts';
import { below, builtInTools, type Problem, refuseProblems, type ToolFacts } from '../manifest.ts';

type Cedar = typeof import('@cedar-policy/cedar-wasm/nodejs');
type Complaint = [message: string, fix: string];

interface Known {
  /** Whose policy it is. */
  owner: string;
  /** Ids by type of entity; null: not known. */
  ids: Readonly<Record<string, ReadonlySet<string> | null>>;
  /** By field of the context, what it can be. */
  words: Readonly<Record<string, ReadonlySet<string>>>;
}

const context = {
  capability: 'String',
  risk: 'String',
  tenant: 'String',
  person: 'String',
  depth: 'Long',
  untrusted: 'Boolean',
  channel: 'String',
  linked: 'Boolean',
  input: 'Record',
} as const;

/** Of what type each place in a policy's head is. */
const places = { principal: 'Agent', action: 'Action', resource: 'Tool' } as const;

/** @throws HoldfastError `invalid-argument` that names every policy with what is wrong */
export async function checkPolicies(bundle: AgentBundle, tools: readonly ToolFacts[]): Promise<void> {
  refuseProblems(await policyProblems(bundle, tools));
}

export async function policyProblems({ agents }: AgentBundle, tools: readonly ToolFacts[]): Promise<Problem[]> {
  if (agents.every(({ policies }) => Object.keys(policies).length === 0)) return [];
  const cedar = await import('@cedar-policy/cedar-wasm/nodejs');
  const all = [...tools, ...builtInTools];
  const byName = new Map(agents.map((agent) => [agent.name, agent]));
  const known = (owner: AgentManifest): Known => {
    const staysHere = [owner, ...below(owner, byName)].every(({ model }) => model.provider !== 'peer');
    return {
      owner: owner.name,
      ids: {
        Agent: new Set([owner.name]),
        Tool: staysHere ? new Set(all.map(({ name }) => name)) : null,
        Action: new Set(['call']),
      },
      words: {
        risk: new Set<string>(risks),
        ...(staysHere ? { capability: new Set(all.map(({ capability }) => capability)) } : {}),
      },
    };
  };
  return agents.flatMap((agent) =>
    Object.entries(agent.policies).flatMap(([policy, text]) =>
      complaints(cedar, text, known(agent)).map(([message, fix]) => ({
        agent: agent.name,
        field: `policies.${policy}`,
        message: `policy ${policy} ${message}`,
        fix,
      })),
    ),
  );
}

function complaints(cedar: Cedar, text: string, known: Known): Complaint[] {
  const parsed = cedar.policyToJson(text);
  if (parsed.type === 'failure') {
    const why = parsed.errors.map(({ message }) => message).join('; ');
    return [
      [`cannot be read: ${why}`, 'Write it in Cedar, e.g. permit (principal, action == Action::"call", resource);'],
    ];
  }
  const found = [...headComplaints(parsed.json, known), ...bodyComplaints(parsed.json.conditions, known)];
  if (found.length > 0 || asksFor(parsed.json.conditions, 'input')) return found;
  return validated(cedar, text);
}

/** Cedar's own word on types, and on what can never apply. */
function validated(cedar: Cedar, text: string): Complaint[] {
  const answer = cedar.validate({ schema, policies: { staticPolicies: { policy: text } } });
  const fix = 'Compare what is of one type; see docs/agents.md for what the context has.';
  if (answer.type === 'failure') return answer.errors.map(({ message }) => [`cannot be checked: ${message}`, fix]);
  const never = answer.validationWarnings.filter(({ error }) => error.message.includes('impossible'));
  return [...answer.validationErrors, ...never].map(({ error }) => [`is wrong: ${error.message}`, fix]);
}

const attributes = Object.entries(context).filter(([, type]) => type !== 'Record');
const schema: Schema = {
  '': {
    entityTypes: { Agent: {}, Tool: {} },
    actions: {
      call: {
        appliesTo: {
          principalTypes: [places.principal],
          resourceTypes: [places.resource],
          context: {
            type: 'Record',
            attributes: Object.fromEntries(attributes.map(([name, type]) => [name, { type, required: true }])),
          },
        },
      },
    },
  },
};

function headComplaints(policy: PolicyJson, known: Known): Complaint[] {
  return (['principal', 'action', 'resource'] as const).flatMap((place) => {
    const head = policy[place];
    const named = 'entity_type' in head ? [...typeComplaints(head.entity_type, known, place)] : [];
    return [...named, ...entitiesIn(head).flatMap((entity) => entityComplaints(entity, known, place))];
  });
}

type Place = keyof typeof places;
interface Entity {
  type: string;
  id: string;
}

function entityComplaints({ type, id }: Entity, known: Known, place: Place | null): Complaint[] {
  const wrong = typeComplaints(type, known, place);
  const ids = known.ids[type];
  if (wrong.length > 0 || !ids || ids.has(id)) return wrong;
  const { owner } = known;
  if (type === 'Agent') {
    const fix = `Whoever calls, principal is Agent::"${owner}" in its policies. Write it in those of ${id}.`;
    return [[`names the agent "${id}", and is only ever asked about ${owner}`, fix]];
  }
  const name = { Tool: 'tool', Action: 'action' }[type] ?? type;
  return [[`names the ${name} "${id}", which there is not`, `The ${name}s are ${[...ids].sort().join(', ')}.`]];
}

function typeComplaints(type: string, { ids }: Known, place: Place | null): Complaint[] {
  if (ids[type] === undefined) {
    return [[`names a ${type}, which is nothing`, `There are ${Object.keys(ids).join(', ')}.`]];
  }
  if (place === null || places[place] === type) return [];
  return [[`compares ${place} with a ${type}, which it never is`, `${place} is a ${places[place]}.`]];
}

/** Every expression below, with what it says that cannot be. */
function bodyComplaints(node: unknown, known: Known): Complaint[] {
  if (Array.isArray(node)) return node.flatMap((each) => bodyComplaints(each, known));
  if (typeof node !== 'object' || node === null) return [];
  if ('__entity' in node) return entityComplaints(node.__entity as Entity, known, null);
  return Object.entries(node).flatMap(([operator, part]) => [
    ...expressionComplaints(operator, part, known),
    ...bodyComplaints(part, known),
  ]);
}

function expressionComplaints(operator: string, part: unknown, known: Known): Complaint[] {
  if (typeof part !== 'object' || part === null) return [];
  const { left, right, attr, entity_type: type }: Record<string, unknown> = { ...part };
  switch (operator) {
    case '.':
    case 'has':
      return attributeComplaints(variableOf(left), Array.isArray(attr) ? attr[0] : attr);
    case 'is':
      return typeof type === 'string' ? typeComplaints(type, known, placeOf(left)) : [];
    case '==':
    case '!=':
    case 'in':
    case 'contains':
      return [...comparedComplaints(left, right, known), ...comparedComplaints(right, left, known)];
    default:
      return [];
  }
}

function attributeComplaints(variable: string | null, name: unknown): Complaint[] {
  if (variable === null || typeof name !== 'string') return [];
  if (variable !== 'context')
    return [[`asks for ${variable}.${name}, and there is nothing known of it`, 'Ask the context.']];
  if (Object.hasOwn(context, name)) return [];
  return [[`asks for context.${name}, which there is not`, `The context has ${Object.keys(context).join(', ')}.`]];
}

/** What one side is, and what the other side can never be then. */
function comparedComplaints(one: unknown, other: unknown, known: Known): Complaint[] {
  const { ids, words } = known;
  const place = placeOf(one);
  const entities = place ? entitiesIn(other).filter(({ type }) => ids[type] !== undefined) : [];
  const field = fieldOf(one);
  const possible = field === null ? undefined : words[field];
  const texts = possible ? textsIn(other).filter((text) => !possible.has(text)) : [];
  return [
    ...entities.flatMap(({ type }) => typeComplaints(type, known, place)),
    ...texts.map(
      (text): Complaint => [
        `compares context.${field} with "${text}", which it never is`,
        `It is one of ${[...(possible ?? [])].sort().join(', ')}.`,
      ],
    ),
  ];
}

const memberOf = (node: unknown, name: string): unknown =>
  typeof node === 'object' && node !== null ? Reflect.get(node, name) : undefined;

function variableOf(node: unknown): string | null {
  const variable = memberOf(node, 'Var');
  return typeof variable === 'string' ? variable : null;
}

const placeOf = (node: unknown): Place | null => {
  const variable = variableOf(node);
  return variable === 'principal' || variable === 'action' || variable === 'resource' ? variable : null;
};

/** `context.risk`: risk. */
function fieldOf(node: unknown): string | null {
  const access = memberOf(node, '.');
  const name = memberOf(access, 'attr');
  return variableOf(memberOf(access, 'left')) === 'context' && typeof name === 'string' ? name : null;
}

/** Texts that a side is, or is a set of. */
function textsIn(node: unknown): string[] {
  const set = memberOf(node, 'Set');
  if (Array.isArray(set)) return set.flatMap(textsIn);
  const value = memberOf(node, 'Value');
  return typeof value === 'string' ? [value] : [];
}

function entitiesIn(node: unknown): Entity[] {
  if (Array.isArray(node)) return node.flatMap(entitiesIn);
  if (typeof node !== 'object' || node === null) return [];
  const { type, id }: Record<string, unknown> = { ...node };
  if (typeof type === 'string' && typeof id === 'string') return [{ type, id }];
  return Object.values(node).flatMap(entitiesIn);
}

/** Whether that field of the context is asked for anywhere. */
function asksFor(node: unknown, field: string): boolean {
  if (Array.isArray(node)) return node.some((each) => asksFor(each, field));
  if (typeof node !== 'object' || node === null) return false;
  return fieldOf(node) === field || Object.values(node).some((each) => asksFor(each, field));
}
