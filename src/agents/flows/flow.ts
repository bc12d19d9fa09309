/**
 * A flow: steps in their order, some done by tools, some thought about by the agent's model. It has no loop and no state of
 * its own, so that it says the same again whenever it is gone through again.
 */
import { canonicalJson } from '../../base/index.ts';
import type { FlowFacts, FlowStep } from '../../schema/index.ts';
import type { Behaviour, Burst, CallAnswer } from '../programs/behaviour.ts';
import { overError } from '../programs/vm.ts';

const reference = /\{\{([a-zA-Z][a-zA-Z0-9-]*)((?:\.[a-zA-Z0-9_-]+)*)\}\}/g;
const whole = new RegExp(`^${reference.source}$`);

export class Flow implements Behaviour {
  readonly #facts: FlowFacts;
  readonly #values: Map<string, unknown>;
  #at = 0;
  #calls = 0;

  constructor(facts: FlowFacts, message: string) {
    this.#facts = facts;
    this.#values = new Map([['input', message]]);
  }

  begin(): Burst {
    return this.#goOn();
  }

  async answer(_call: number, { ok, value }: CallAnswer): Promise<Burst> {
    const step = this.#facts.steps[this.#at - 1];
    if (!step) throw new Error('an answer without a call');
    if (!ok && step.goOn !== true) throw overError('threw', `step ${step.name}: ${messageOf(value)}`, step.name);
    this.#values.set(step.name, ok ? (step.think === undefined ? value : partOf(value, ['text'])) : { error: value });
    return this.#goOn();
  }

  close(): void {}

  #goOn(): Burst {
    for (;;) {
      const step = this.#facts.steps[this.#at];
      if (!step) return { calls: [], answer: this.#text(this.#facts.answer) };
      this.#at++;
      if (!this.#holds(step)) {
        this.#values.set(step.name, null);
        continue;
      }
      const call = ++this.#calls;
      return step.think === undefined
        ? { calls: [{ call, tool: step.call ?? '', input: this.#filled(step.input ?? {}) }], answer: null }
        : { calls: [{ call, tool: 'think', input: { prompt: this.#text(step.think) } }], answer: null };
    }
  }

  #holds({ when }: FlowStep): boolean {
    if (!when) return true;
    const isSame = (other: unknown): boolean => canonicalJson(this.#filled(when.value)) === canonicalJson(other);
    return when.is === undefined ? !isSame(when.isNot) : isSame(when.is);
  }

  /** A text that is one reference stands for the value itself; other texts are filled in. */
  #filled(value: unknown): unknown {
    if (typeof value === 'string') {
      const [, name, path] = whole.exec(value) ?? [];
      return name === undefined ? this.#text(value) : this.#value(name, path ?? '');
    }
    if (Array.isArray(value)) return value.map((item) => this.#filled(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#filled(item)]));
  }

  #text(template: string): string {
    return template.replace(reference, (_, name: string, path: string) => {
      const value = this.#value(name, path);
      return typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
    });
  }

  #value(name: string, path: string): unknown {
    return partOf(this.#values.get(name) ?? null, path.split('.').slice(1));
  }
}

/** It stands for the value of a step, or a part of it, as that is. */
export const isReference = (value: unknown): boolean => typeof value === 'string' && whole.test(value);

/** What is referred to in a text or in plain data: names of steps, without the fields after them. */
export function referencesIn(value: unknown): string[] {
  if (typeof value === 'string') return [...value.matchAll(reference)].map(([, name]) => name ?? '');
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(referencesIn) : [];
}

/** Null where there is nothing. */
function partOf(value: unknown, path: readonly string[]): unknown {
  let found: unknown = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return null;
    found = (found as Record<string, unknown>)[key];
  }
  return found ?? null;
}

function messageOf(value: unknown): string {
  const message = partOf(value, ['message']);
  return typeof message === 'string' ? message : JSON.stringify(value);
}
