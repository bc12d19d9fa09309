/**
 * The thread that a program runs in: a QuickJS machine in WebAssembly, one program each, ended with it.
 *
 * 1. The machine has its own memory and its own objects. Texts go in and out, and nothing else does.
 * 2. Memory, stack, computing time, calls and the length of what it says are bounded. Who goes over is over.
 * 3. What does not come back to the interrupt is ended from outside (vm.ts).
 */
import { parentPort, workerData } from 'node:worker_threads';
import variant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core';
import { prelude } from './prelude.ts';
import type { FromVm, OverReason, ToVm, VmData, VmLimits } from './wire.ts';

/** Ends the thread's work: the host hears why. */
class Over extends Error {
  readonly reason: OverReason;
  readonly where: string | null;

  constructor(reason: OverReason, message: string, where: string | null = null) {
    super(message);
    this.reason = reason;
    this.where = where;
  }
}

class Machine {
  readonly #limits: VmLimits;
  readonly #runtime: QuickJSRuntime;
  readonly #context: QuickJSContext;
  readonly #deliver: QuickJSHandle;
  readonly #load: QuickJSHandle;
  #burst: string[] = [];
  #answer: string | null = null;
  #calls = 0;
  #totalMs = 0;
  #endsMs = Number.POSITIVE_INFINITY;
  #violation: Over | null = null;

  constructor(runtime: QuickJSRuntime, limits: VmLimits) {
    this.#limits = limits;
    this.#runtime = runtime;
    runtime.setMemoryLimit(limits.memoryBytes);
    runtime.setMaxStackSize(limits.stackBytes);
    runtime.setInterruptHandler(() => this.#isOver());
    this.#context = runtime.newContext();
    const context = this.#context;
    const emit = context.newFunction('emit', (text) => this.#take(context.getString(text)));
    const begin = this.#value(context.evalCode(prelude, 'holdfast.js'));
    const doors = this.#value(context.callFunction(begin, context.undefined, emit));
    this.#deliver = context.getProp(doors, 'deliver');
    this.#load = context.getProp(doors, 'load');
  }

  /** Until it waits for an answer, or is over. */
  go(message: ToVm): FromVm {
    const startedMs = spentMs();
    this.#burst = [];
    this.#endsMs = startedMs + Math.min(this.#limits.burstMs, this.#limits.totalMs - this.#totalMs);
    try {
      this.#run(message);
    } catch (error) {
      if (!(error instanceof Over)) throw error;
      return { kind: 'over', reason: error.reason, message: error.message.slice(0, 4096), where: error.where };
    }
    const ms = spentMs() - startedMs;
    this.#totalMs += ms;
    return { kind: 'burst', calls: this.#burst, answer: this.#answer, ms };
  }

  #run(message: ToVm): void {
    const context = this.#context;
    if (message.kind !== 'answer') {
      // A function of it, so that it has no names but its own; whatever else the text does, it does inside.
      const program = this.#value(context.evalCode(`(function (exports, require) {${message.code}\n})`, 'agent.js'));
      this.#value(context.callFunction(this.#load, context.undefined, program)).dispose();
    }
    const text = context.newString(textFor(message));
    this.#value(context.callFunction(this.#deliver, context.undefined, text)).dispose();
    text.dispose();
    while (this.#runtime.hasPendingJob()) {
      const result = this.#runtime.executePendingJobs(64);
      if (result.error) this.#fail(result.error);
      this.#check();
    }
    this.#check();
  }

  #check(): void {
    if (this.#violation) throw this.#violation;
    if (spentMs() >= this.#endsMs) throw this.#late();
  }

  #isOver(): boolean {
    return this.#violation !== null || spentMs() >= this.#endsMs;
  }

  #late(): Over {
    return new Over('time', `it computed for more than ${this.#limits.burstMs} ms without a call, or too long in all`);
  }

  #take(text: string): void {
    const { messageChars, callsPerBurst, callsPerRun } = this.#limits;
    if (text.length > messageChars) {
      this.#violation ??= new Over('message', `it said more than ${messageChars} characters at once`);
    } else if (text.startsWith('{"ok":')) {
      // Made by the prelude, or by a program that pretends to: it can end itself in any way it likes.
      const { ok, answer, message, where } = JSON.parse(text) as Record<string, unknown>;
      if (ok === true) this.#answer = String(answer);
      else this.#violation ??= threw(String(message).slice(0, 2048), where);
    } else if (this.#burst.length >= callsPerBurst || ++this.#calls > callsPerRun) {
      const most = `${callsPerBurst} calls at once, or ${callsPerRun} in all`;
      this.#violation ??= new Over('calls', `it made more than ${most}`);
    } else this.#burst.push(text);
  }

  #value(result: ReturnType<QuickJSContext['evalCode']>): QuickJSHandle {
    if (result.error) this.#fail(result.error);
    return (result as { value: QuickJSHandle }).value;
  }

  /** The program did not end as programs do. */
  #fail(error: QuickJSHandle): never {
    this.#check();
    const said: unknown = this.#context.dump(error);
    const { name, message, stack } = typeof said === 'object' && said !== null ? (said as Record<string, unknown>) : {};
    throw threw(
      message === undefined ? `it threw ${JSON.stringify(said)}` : `${String(name)}: ${String(message)}`,
      stack,
    );
  }
}

/** What the machine says when it stops a program. */
const reasonsByEnd: Readonly<Record<string, OverReason>> = { ': interrupted': 'time', ': out of memory': 'memory' };

function threw(message: string, where: unknown): Over {
  const ends = Object.entries(reasonsByEnd).find(([end]) => message.endsWith(end));
  return new Over(ends?.[1] ?? 'threw', message, typeof where === 'string' ? where.slice(0, 512) : null);
}

/** Processor time, of this thread where Node can say so: a busy host must not end a program that computes little. */
function spentMs(): number {
  const { user, system } = typeof process.threadCpuUsage === 'function' ? process.threadCpuUsage() : process.cpuUsage();
  return (user + system) / 1000;
}

function textFor(message: ToVm): string {
  if (message.kind === 'describe') return '{"kind":"describe"}';
  if (message.kind === 'run') {
    const { agent, tools, message: input } = message;
    return JSON.stringify({ kind: 'run', agent, tools, input });
  }
  return `{"kind":"answer","number":${message.call},"ok":${message.ok},"value":${message.text}}`;
}

// Its declarations are those of its CommonJS half, where the value stands one level deeper.
const quickjs = await newQuickJSWASMModuleFromVariant(variant as unknown as QuickJSSyncVariant);
// The host made it.
const { limits, state } = workerData as VmData;
const machine = new Machine(quickjs.newRuntime(), limits);
const say = (message: FromVm): void => parentPort?.postMessage(message);
parentPort?.on('message', (message: ToVm) => {
  Atomics.store(state, 0, 1);
  const said = machine.go(message);
  Atomics.store(state, 0, 0);
  say(said);
});
say({ kind: 'ready' });
