/** The law of flows as types: a step calls what its agent has, refers to what came before it, and waits for no longer than it says. */
import type { IsGreater } from './types.ts';

/** Plain data, with references in its texts. */
export type StepInput =
  | null
  | boolean
  | number
  | string
  | readonly StepInput[]
  | { readonly [field: string]: StepInput };

interface StepCommon {
  readonly name: string;
  /** Else it is left out, and its value is null. */
  readonly when?:
    | { readonly value: string; readonly is: StepInput; readonly isNot?: never }
    | { readonly value: string; readonly isNot: StepInput; readonly is?: never };
  /** A failure is its value, `{ error }`, instead of the end. */
  readonly goOn?: boolean;
}

export type StepFacts =
  | (StepCommon & { readonly call: string; readonly input?: StepInput; readonly think?: never })
  | (StepCommon & { readonly think: string; readonly call?: never; readonly input?: never });

/** What a flow may use. */
export interface FlowAllows {
  agent: string;
  grant: string;
  tool: string;
  /** To whom it may delegate. */
  below: string;
}

/** For each step itself, or what is wrong with it. */
export type StepsWithin<
  Allows extends FlowAllows,
  Steps extends readonly unknown[],
  Known extends string = 'input',
> = Steps extends readonly [infer First extends StepFacts, ...infer Rest]
  ? readonly [
      First['name'] extends Known ? `two steps are called '${First['name']}'` : Referring<First, Allows, Known>,
      ...StepsWithin<Allows, Rest, Known | First['name']>,
    ]
  : readonly [];

type Referring<Step extends StepFacts, Allows extends FlowAllows, Known extends string> = [
  Unknown<Step, Known>,
] extends [never]
  ? Allowed<Step, Allows>
  : `'${Step['name']}' refers to '${Unknown<Step, Known>}', which is no step before it`;

type Unknown<Step extends StepFacts, Known extends string> = Exclude<
  References<Texts<Step['think']> | Texts<Step['input']> | Texts<Step['when']>>,
  Known
>;

type Allowed<Step extends StepFacts, Allows extends FlowAllows> = Step extends { readonly think: string }
  ? 'model:ask' extends Allows['grant']
    ? Step
    : `'${Step['name']}' thinks, which needs 'model:ask', and '${Allows['agent']}' is not granted it`
  : Step['call'] extends Allows['tool']
    ? Extract<Step['call'], 'delegate' | 'ask' | 'escalate' | 'waitFor'> extends never
      ? Step
      : Step['call'] extends 'delegate'
        ? Delegating<Step, Allows>
        : Waiting<Step>
    : `'${Allows['agent']}' has no tool '${Step['call'] & string}'`;

type Delegating<Step extends StepFacts, Allows extends FlowAllows> = Step extends {
  readonly input: { readonly to: infer To extends string; readonly task: string };
}
  ? To extends Allows['below']
    ? Step
    : `'${Allows['agent']}' may not delegate to '${To}'`
  : `'${Step['name']}' delegates without a task`;

/** It is said how long, or which step says it. */
type Waiting<Step extends StepFacts> = Step extends { readonly input: { readonly withinMs: infer Within } }
  ? [Within] extends [number]
    ? true extends IsGreater<1000, Within> | IsGreater<Within, 31622400000>
      ? `'${Step['name']}' waits for ${Within} ms: withinMs is from 1000 to 31622400000`
      : Step
    : [Within] extends [number | `{{${string}}}`]
      ? Step
      : `'${Step['name']}' waits without an end: withinMs is no number`
  : `'${Step['name']}' waits without an end: withinMs is missing`;

/** The answer itself, or what it refers to that is no step. */
export type AnswerWithin<Answer extends string, Steps extends readonly unknown[]> = [
  Exclude<References<Answer>, StepNames<Steps> | 'input'>,
] extends [never]
  ? Answer
  : `the answer refers to '${Exclude<References<Answer>, StepNames<Steps> | 'input'>}', which is no step`;

type StepNames<Steps extends readonly unknown[]> = Steps[number] extends infer Each
  ? Each extends { readonly name: infer Name extends string }
    ? Name
    : never
  : never;

/** All texts of plain data, as deep as inputs of steps are written. */
type Texts<Value, Depth extends unknown[] = []> = Value extends string
  ? Value
  : Depth['length'] extends 6
    ? never
    : Value extends readonly (infer Item)[]
      ? Texts<Item, [...Depth, unknown]>
      : Value extends object
        ? { [Field in keyof Value]: Texts<Value[Field], [...Depth, unknown]> }[keyof Value]
        : never;

type References<Text> = Text extends `${string}{{${infer Reference}}}${infer Rest}`
  ? (Reference extends `${infer Name}.${string}` ? Name : Reference) | References<Rest>
  : never;
