/**
 * All that exists for a generated program, as declarations: what is not here cannot be named. There is no clock, no chance, no
 * code made of texts, no way to a prototype or a descriptor, and no type that switches checking off.
 */
import { preludeName } from '../programs/prelude.ts';

/** The language itself, instead of what the compiler brings. */
export const languageLibrary = `
interface Object {}
interface Function {}
interface CallableFunction extends Function {}
interface NewableFunction extends Function {}
interface IArguments {}
interface Boolean {}
interface Number { toFixed(digits?: number): string; toString(radix?: number): string; }
interface String {
  readonly length: number;
  readonly [index: number]: string;
  at(index: number): string | undefined;
  charAt(index: number): string;
  charCodeAt(index: number): number;
  endsWith(text: string): boolean;
  includes(text: string): boolean;
  indexOf(text: string, from?: number): number;
  lastIndexOf(text: string): number;
  match(pattern: RegExp): readonly string[] | null;
  padEnd(length: number, fill?: string): string;
  padStart(length: number, fill?: string): string;
  repeat(count: number): string;
  replace(what: string | RegExp, by: string): string;
  replaceAll(what: string | RegExp, by: string): string;
  slice(start?: number, end?: number): string;
  split(separator: string | RegExp): string[];
  startsWith(text: string): boolean;
  substring(start: number, end?: number): string;
  toLowerCase(): string;
  toUpperCase(): string;
  toString(): string;
  trim(): string;
  trimEnd(): string;
  trimStart(): string;
  [Symbol.iterator](): IterableIterator<string>;
}
interface RegExp { test(text: string): boolean; exec(text: string): readonly string[] | null; }
interface Symbol {}
interface SymbolConstructor { readonly iterator: unique symbol; }
declare const Symbol: SymbolConstructor;
type PropertyKey = string | number | symbol;

interface IteratorYieldResult<T> { done?: false; value: T; }
interface IteratorReturnResult<R> { done: true; value: R; }
type IteratorResult<T, R = undefined> = IteratorYieldResult<T> | IteratorReturnResult<R>;
interface Iterator<T, R = undefined, N = undefined> { next(...value: [] | [N]): IteratorResult<T, R>; }
interface Iterable<T, R = undefined, N = undefined> { [Symbol.iterator](): Iterator<T, R, N>; }
interface IterableIterator<T, R = undefined, N = undefined> extends Iterator<T, R, N> { [Symbol.iterator](): IterableIterator<T, R, N>; }

interface ReadonlyArray<T> {
  readonly length: number;
  readonly [index: number]: T;
  at(index: number): T | undefined;
  concat(...more: (readonly T[])[]): T[];
  entries(): IterableIterator<[number, T]>;
  every(test: (item: T, index: number) => boolean): boolean;
  filter(test: (item: T, index: number) => boolean): T[];
  find(test: (item: T, index: number) => boolean): T | undefined;
  findIndex(test: (item: T, index: number) => boolean): number;
  findLast(test: (item: T, index: number) => boolean): T | undefined;
  flatMap<U>(make: (item: T, index: number) => readonly U[]): U[];
  forEach(act: (item: T, index: number) => void): void;
  includes(item: T): boolean;
  indexOf(item: T): number;
  join(separator?: string): string;
  map<U>(make: (item: T, index: number) => U): U[];
  reduce<U>(join: (before: U, item: T, index: number) => U, first: U): U;
  slice(start?: number, end?: number): T[];
  some(test: (item: T, index: number) => boolean): boolean;
  [Symbol.iterator](): IterableIterator<T>;
}
interface Array<T> extends ReadonlyArray<T> {
  length: number;
  [index: number]: T;
  pop(): T | undefined;
  push(...items: T[]): number;
  reverse(): T[];
  shift(): T | undefined;
  sort(compare?: (one: T, other: T) => number): T[];
  splice(start: number, count?: number, ...items: T[]): T[];
  unshift(...items: T[]): number;
}
declare const Array: { isArray(value: Json): value is readonly Json[]; from<T>(items: Iterable<T>): T[]; };

interface Map<K, V> {
  readonly size: number;
  clear(): void;
  delete(key: K): boolean;
  get(key: K): V | undefined;
  has(key: K): boolean;
  set(key: K, value: V): this;
  entries(): IterableIterator<[K, V]>;
  keys(): IterableIterator<K>;
  values(): IterableIterator<V>;
  [Symbol.iterator](): IterableIterator<[K, V]>;
}
declare const Map: { new <K, V>(entries?: Iterable<readonly [K, V]>): Map<K, V>; };
interface Set<T> {
  readonly size: number;
  add(item: T): this;
  delete(item: T): boolean;
  has(item: T): boolean;
  values(): IterableIterator<T>;
  [Symbol.iterator](): IterableIterator<T>;
}
declare const Set: { new <T>(items?: Iterable<T>): Set<T>; };

interface PromiseLike<T> {
  then<A = T, B = never>(
    done?: ((value: T) => A | PromiseLike<A>) | null,
    failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B>;
}
interface Promise<T> {
  then<A = T, B = never>(
    done?: ((value: T) => A | PromiseLike<A>) | null,
    failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B>;
}
type Awaited<T> = T extends null | undefined ? T : T extends PromiseLike<infer V> ? Awaited<V> : T;
interface PromiseConstructor {
  all<const T extends readonly unknown[]>(promises: T): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }>;
  resolve<T>(value: T): Promise<Awaited<T>>;
}
declare const Promise: PromiseConstructor;

interface Error { readonly name: string; readonly message: string; }
declare const Error: { new (message: string): Error; };

type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };
declare const JSON: { stringify(value: Json): string; parse(text: string): Json; };
declare const Object: {
  keys(value: { readonly [field: string]: unknown }): string[];
  entries<T>(value: { readonly [field: string]: T }): [string, T][];
  values<T>(value: { readonly [field: string]: T }): T[];
  fromEntries<T>(entries: Iterable<readonly [string, T]>): { readonly [field: string]: T };
};
declare const Math: {
  abs(x: number): number; ceil(x: number): number; floor(x: number): number; max(...x: number[]): number;
  min(...x: number[]): number; round(x: number): number; sign(x: number): number; sqrt(x: number): number; trunc(x: number): number;
};
declare const Number: { (value: string | number | boolean | null): number; isFinite(x: number): boolean; isInteger(x: number): boolean; isNaN(x: number): boolean; };
declare const String: (value: Json | undefined) => string;
declare const Boolean: (value: unknown) => boolean;
declare const NaN: number;
declare const Infinity: number;

type Partial<T> = { [P in keyof T]?: T[P] };
type Required<T> = { [P in keyof T]-?: T[P] };
type Readonly<T> = { readonly [P in keyof T]: T[P] };
type Record<K extends string | number | symbol, T> = { [P in K]: T };
type Pick<T, K extends keyof T> = { [P in K]: T[P] };
type Exclude<T, U> = T extends U ? never : T;
type Extract<T, U> = T extends U ? T : never;
type Omit<T, K extends string | number | symbol> = Pick<T, Exclude<keyof T, K>>;
type NonNullable<T> = T & {};
`;

/** What it may import. @param tools by name, the type of their input */
export const programLibrary = (tools: Readonly<Record<string, string>>): string => `
declare module '${preludeName}' {
  /** Plain data. */
  export type Json = null | boolean | number | string | readonly Json[] | { readonly [field: string]: Json };
  interface Inputs {
${Object.entries(tools)
  .map(([name, type]) => `    ${JSON.stringify(name)}: ${type};`)
  .join('\n')}
  }
  type Tool = keyof Inputs;
  type Binding = 'think' | 'delegate' | 'handoff' | 'ask' | 'say' | 'escalate' | 'waitFor' | 'sleep' | 'remember' | 'recall' | 'now' | 'random';
  interface Bindings<Below extends string, Over extends string, Slot extends string> {
    /** Asks the agent's own model one question. */
    think(prompt: string): Promise<string>;
    /** Gives a task to an agent, which sees it and of the conversation what \`passes\` says, else nothing; its answer. */
    delegate(to: Below, task: string): Promise<string>;
    /** Hands the conversation over, and ends this run: the other agent goes on with it. Fails when it is not let. */
    handoff(to: Over, reason: string): Promise<never>;
    /** Asks the person; fails when nobody answers in time. */
    ask(question: string, within: { readonly ms: number }): Promise<string>;
    /** Tells the person something, and goes on. */
    say(text: string): Promise<void>;
    /** Asks people who may decide, other than the person; fails when nobody does in time. */
    escalate(question: string, within: { readonly ms: number }): Promise<{ readonly approved: boolean; readonly answer: string | null }>;
    /** Waits for something that happens outside; fails when it does not in time. What came with it may say anything. */
    waitFor(event: string, within: { readonly ms: number }): Promise<Json>;
    sleep(ms: number): Promise<void>;
    remember(slot: Slot, key: string, value: string): Promise<void>;
    /** What was kept under a key. */
    recall(slot: Slot, key: string): Promise<string | null>;
    /** What was kept with these words in it, the best first. */
    recall(slot: Slot, words: { readonly query: string }): Promise<readonly { readonly key: string; readonly value: string }[]>;
    /** Milliseconds since 1970. */
    now(): Promise<number>;
    /** From 0 to 1. */
    random(): Promise<number>;
  }
  export type Context<Tools extends string, Below extends string, Over extends string, Slot extends string> = Pick<
    Bindings<Below, Over, Slot>,
    Extract<Tools, keyof Bindings<Below, Over, Slot>>
  > & {
    /** Calls a tool. Fails with an Error that says why. */
    call<Name extends Extract<Tools, Tool>>(tool: Name, input: Inputs[Name]): Promise<Json>;
  };
  export interface Limits { steps: number; tokens: number; cents: number; wallMs: number; depth: number; }
  export interface Slots { [slot: string]: { scope: 'turn' | 'session' | 'user' | 'tenant'; retentionDays: number; class: 'public' | 'internal' | 'personal' | 'secret' }; }
  export interface Rule { answered?: number; sees?: string; afterTool?: boolean; say?: string; call?: readonly { tool: string; input: Json }[]; }
  type Price = 'unpriced' | { inputCentsPerMillion: number; outputCentsPerMillion: number };
  export type Model =
    | { provider: 'scripted'; rules: readonly Rule[]; maxOutputTokens?: number }
    | { provider: 'anthropic' | 'openai' | 'compatible'; id: string; price: Price; maxOutputTokens?: number };
  export interface Agent { readonly agent: true; }
  export function agent<
    const Name extends string,
    const Tools extends readonly (Tool | Binding)[],
    const Below extends readonly string[] = [],
    const Over extends readonly string[] = [],
    const Memory extends Slots = Record<never, never>,
  >(facts: {
    name: Name;
    /** One sentence, for whoever chooses it. */
    purpose: string;
    instructions: string;
    model: Model;
    /** Asked in turn when a model fails for good. */
    fallbacks?: readonly Model[];
    /** How often each is asked; twice where nothing is said. */
    attempts?: number;
    /** How long the session waits for a model that is away; an hour where nothing is said. */
    patienceMs?: number;
    /** How long a conversation waits for the next message before it ends. */
    idleMs?: number;
    /** Capabilities, such as 'sandbox:shell'. */
    grants: readonly string[];
    tools: Tools;
    limits: Limits;
    delegates?: Below;
    handoffs?: Over;
    /** How many of the last turns of the conversation go along, by agent. With a task none where nothing is said; for each of \`handoffs\` it has to be. */
    passes?: { readonly [agent: string]: number | 'all' };
    memory?: Memory;
    approvals?: readonly { tools: readonly Tools[number][]; withinMs: number; quorum?: number; fourEyes?: boolean }[];
    policies?: { readonly [name: string]: string };
    person?: { named?: boolean; claims?: { readonly [claim: string]: string } };
    contract?: string;
    /** What it does; without it, its model decides. */
    run?: (ctx: Context<Tools[number], Below[number], Over[number], keyof Memory & string>, message: string) => Promise<string>;
  }): Agent;
  /** Agents that belong together; a session begins with the first. */
  export function team(agents: readonly Agent[]): Agent;
  export function limits(given: Limits): Limits;
  export function memory<const Memory extends Slots>(slots: Memory): Memory;
  export function policy<const Policies extends { readonly [name: string]: string }>(policies: Policies): Policies;
  export function person<const Terms extends { named?: boolean; claims?: { readonly [claim: string]: string } }>(terms: Terms): Terms;
  export function contract<const Name extends string>(name: Name): Name;
  /** A part of plain data, by the names of its fields and the numbers of its items; null where there is none. */
  export function at(value: Json, ...path: readonly (string | number)[]): Json;
  /** A text as it is, other data as JSON. */
  export function textOf(value: Json): string;
}
`;
