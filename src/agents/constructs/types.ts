/**
 * The law of agents as types: a program that gives an agent more than it may have does not compile, and the message says
 * what is wrong. What types cannot see, such as numbers that are not literals, is checked when agents are loaded and
 * while they run (manifest.ts, authority/chain.ts).
 */
import type { z } from 'zod';
import type { AgentLimits, AgentManifest, ChannelInput, PersonTerms } from '../../schema/index.ts';
import type { AnyHostTool } from '../tools.ts';

export interface ToolConstruct<Name extends string = string, Capability extends string = string> {
  readonly kind: 'tool';
  readonly name: Name;
  readonly capability: Capability;
  /** Absent: a tool of the sandbox, or one that the runtime brings. */
  readonly host?: AnyHostTool;
}

export interface AgentConstruct<
  Name extends string = string,
  Grant extends string = string,
  Limits extends AgentLimits = AgentLimits,
  Needs extends string = string,
  Calls extends string = string,
> {
  readonly kind: 'agent';
  readonly name: Name;
  /** Covariant: an agent cannot pass for one with less authority. */
  readonly grants: readonly Grant[];
  readonly limits: Limits;
  /** What it asks of person and place, as `termsOf` says it; covariant too. */
  readonly needs: readonly Needs[];
  /** Tools that it, or one that it gives work to, may call. */
  readonly calls: readonly Calls[];
  readonly manifest: AgentManifest;
  /** It and all that it gives work to, with their host tools. */
  readonly members: ReadonlyMap<string, { manifest: AgentManifest; tools: readonly AnyHostTool[] }>;
}

/** The output itself, or the part of it that no log can keep. */
export type Storable<Output extends z.ZodType> = [NoData<z.output<Output>, 'output'>] extends [never]
  ? Output
  : `'${NoData<z.output<Output>, 'output'>}' cannot be stored: it is no plain data`;

type Data = undefined | null | boolean | number | string | readonly Data[] | { readonly [field: string]: Data };
/** Objects that are more than their fields. */
type Special =
  | Date
  | RegExp
  | Promise<unknown>
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | ArrayBufferView
  | ArrayBuffer
  | ((...input: never[]) => unknown);

/** Where there is what JSON has no form for; of what may be anything, nothing is known before it is there. */
type NoData<Value, Path extends string, Depth extends unknown[] = []> = unknown extends Value
  ? never
  : Value extends Data
    ? never
    : Depth['length'] extends 8
      ? never
      : Value extends Special
        ? Path
        : Value extends readonly (infer Item)[]
          ? NoData<Item, `${Path}[]`, [...Depth, unknown]>
          : Value extends object
            ? {
                [Field in keyof Value & string]: NoData<Value[Field], `${Path}.${Field}`, [...Depth, unknown]>;
              }[keyof Value & string]
            : Path;

export interface ChannelConstruct<Name extends string = string, Agent extends string = string> {
  readonly kind: 'channel';
  readonly name: Name;
  readonly agent: Agent;
  readonly facts: ChannelInput;
}

/** For each channel itself, or why it leads nowhere. */
export type ChannelsTo<Agents extends string, Channels extends readonly unknown[]> = {
  [Index in keyof Channels]: Channels[Index] extends ChannelConstruct<infer Name, infer Agent>
    ? Agent extends Agents
      ? Channels[Index]
      : `channel '${Name}' leads to '${Agent}', which is not among the agents`
    : ChannelConstruct;
};

/** For each tool itself, or what is wrong with it. */
export type ToolsWithin<Name extends string, Grants extends readonly string[], Tools extends readonly unknown[]> = {
  [Index in keyof Tools]: Tools[Index] extends ToolConstruct<infer _, infer Capability>
    ? Capability extends Grants[number]
      ? Tools[Index]
      : `tool needs '${Capability}' which '${Name}' is not granted`
    : ToolConstruct;
};

/** For each agent itself, or why work cannot be given to it. */
export type AgentsBelow<
  Name extends string,
  Grants extends readonly string[],
  Limits extends AgentLimits,
  Needs extends string,
  Agents extends readonly unknown[],
> = {
  [Index in keyof Agents]: Agents[Index] extends AgentConstruct<infer Below, infer Held, infer Theirs, infer Asked>
    ? [Exclude<Held, Grants[number]>] extends [never]
      ? [LargerLimit<Theirs, Limits>] extends [never]
        ? [Exclude<Asked, Needs>] extends [never]
          ? Agents[Index]
          : `'${Name}' may not delegate to '${Below}': it does not require '${Exclude<Asked, Needs>}'`
        : `'${Below}' has a larger '${LargerLimit<Theirs, Limits>}' limit than '${Name}'`
      : string extends Held
        ? `'${Name}' may not delegate to an agent of which its type does not say what it holds: leave the type out`
        : `'${Name}' may not delegate to '${Below}': it does not hold '${Exclude<Held, Grants[number]>}'`
    : AgentConstruct;
};

export type NamesOf<Members extends readonly unknown[]> = Members[number] extends {
  readonly name: infer Name extends string;
}
  ? Name
  : never;

/** Of each on its own; of none, nothing. */
export type NameIn<Member> = Member extends { readonly name: infer Name extends string } ? Name : never;

/** What an agent asks of person and place, in the words of `termsOf`. */
export type NeedsOf<Person extends PersonTerms, Contract extends string> =
  | (Person extends { named: true } ? 'person named' : never)
  | (Person extends { claims: infer Claims }
      ? {
          [Claim in keyof Claims & string]: Claims[Claim] extends string ? `person ${Claim}=${Claims[Claim]}` : never;
        }[keyof Claims & string]
      : never)
  | (Contract extends string ? `contract ${Contract}` : never);

/** Tools of agents below. */
export type CallsOf<Agents extends readonly unknown[]> = Agents[number] extends infer Each
  ? Each extends AgentConstruct<string, string, AgentLimits, string, infer Calls>
    ? Calls
    : never
  : never;

/** Names of the limits of the first that are larger than those of the second. */
type LargerLimit<Theirs extends AgentLimits, Mine extends AgentLimits> = {
  [Limit in keyof AgentLimits]: true extends IsGreater<Theirs[Limit], Mine[Limit]> ? Limit : never;
}[keyof AgentLimits];

/** Of whole numbers that are literals, each of several on its own; of others nothing is known. */
export type IsGreater<One extends number, Other extends number> = number extends One | Other
  ? false
  : One extends number
    ? Other extends number
      ? IsGreaterText<`${One}`, `${Other}`>
      : never
    : never;
type IsGreaterText<One extends string, Other extends string> =
  Longer<One, Other> extends true ? true : Longer<Other, One> extends true ? false : LaterDigits<One, Other>;

type Characters<Text extends string> = Text extends `${infer First}${infer Rest}` ? [First, ...Characters<Rest>] : [];
type Longer<One extends string, Other extends string> = Characters<One>['length'] extends Characters<Other>['length']
  ? false
  : HasMore<Characters<One>, Characters<Other>>;
type HasMore<One extends unknown[], Other extends unknown[]> = Other extends [unknown, ...infer RestOfOther]
  ? One extends [unknown, ...infer RestOfOne]
    ? HasMore<RestOfOne, RestOfOther>
    : false
  : One extends []
    ? false
    : true;
type LaterDigits<One extends string, Other extends string> = One extends `${infer A}${infer RestOfOne}`
  ? Other extends `${infer B}${infer RestOfOther}`
    ? A extends B
      ? LaterDigits<RestOfOne, RestOfOther>
      : '0123456789' extends `${string}${B}${string}${A}${string}`
        ? true
        : false
    : false
  : false;
