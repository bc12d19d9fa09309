/**
 * A program in its thread, from outside: started, told what happened, asked what it wants next, ended.
 *
 * 1. It waits for the thread no longer than it may compute; then the thread is ended, whatever it does. Time that a busy host
 *    did not give it does not count, up to a bound.
 * 2. What the thread says is checked before anything is made of it. Calls are numbered as they must be, or it is over.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../base/index.ts';
import { asHoldfastError, HoldfastError } from '../../schema/index.ts';
import { deepest, depthOf } from '../nesting.ts';
import type { Behaviour, Burst, CallAnswer, ProgramCall } from './behaviour.ts';
import {
  type FromVm,
  fromVmSchema,
  type OverReason,
  type ToVm,
  type VmData,
  type VmLimits,
  vmCallSchema,
  vmLimits,
} from './wire.ts';

const startMs = 10_000;
/** However busy the host is. */
const longestMs = 10_000;
/** Of the thread around the machine: what it loads, and what crosses. */
const threadLimits = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 8, codeRangeSizeMb: 16, stackSizeMb: 4 };

export interface VmParts {
  clock: Pick<Clock, 'after'>;
  limits?: Partial<VmLimits>;
}

export class Vm implements Behaviour {
  readonly #parts: VmParts;
  readonly #limits: VmLimits;
  readonly #worker: Worker;
  /** Not 0 while the thread computes. */
  readonly #state = new Int32Array(new SharedArrayBuffer(4));
  #waiting: PromiseWithResolvers<FromVm> | null = null;
  #calls = 0;
  #over: HoldfastError | null = null;

  private constructor(parts: VmParts) {
    this.#parts = parts;
    this.#limits = { ...vmLimits, ...parts.limits };
    this.#worker = new Worker(new URL('./vm-thread.ts', import.meta.url), {
      name: 'program',
      workerData: { limits: this.#limits, state: this.#state } satisfies VmData,
      execArgv: [],
      env: {},
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: threadLimits,
    });
    this.#worker.unref();
    this.#worker.on('message', (message: unknown) => this.#heard(message));
    this.#worker.on('error', (error) => this.#ended(error));
    this.#worker.on('exit', () => this.#ended(new Error('its thread ended')));
  }

  static async open(parts: VmParts): Promise<Vm> {
    const vm = new Vm(parts);
    const ready = await vm.#next((late) => parts.clock.after(startMs, () => late(startMs)));
    if (ready.kind !== 'ready') throw vm.#end(overError('threw', 'its thread said something before it was ready'));
    return vm;
  }

  begin(code: string, { name, tools }: { name: string; tools: readonly string[] }, message: string): Promise<Burst> {
    return this.#tell({ kind: 'run', code, agent: name, tools, message });
  }

  answer(call: number, { ok, value }: CallAnswer): Promise<Burst> {
    return this.#tell({ kind: 'answer', call, ok, text: JSON.stringify(value ?? null) });
  }

  /** What the program says that its agent is: the text of its default export, without `run`. */
  async describe(code: string): Promise<string> {
    const { answer, calls } = await this.#tell({ kind: 'describe', code });
    if (answer === null || calls.length > 0) throw overError('threw', 'it makes calls while it is read');
    return answer;
  }

  close(): void {
    this.#over ??= new HoldfastError('cancelled', 'the program was closed');
    this.#waiting?.reject(this.#over);
    this.#waiting = null;
    this.#worker.terminate().catch(() => undefined);
  }

  async #tell(message: ToVm): Promise<Burst> {
    const said = await this.#next((late) => {
      this.#worker.postMessage(message);
      return this.#watch(late);
    });
    if (said.kind === 'over') throw this.#end(overError(said.reason, said.message, said.where));
    if (said.kind !== 'burst') throw this.#end(overError('message', 'it said what it may not'));
    return { calls: said.calls.map((text) => this.#callOf(text)), answer: said.answer };
  }

  /** @param watch begins, says when it took too long, and answers what stops it */
  async #next(watch: (late: (ms: number) => void) => () => void): Promise<FromVm> {
    if (this.#over) throw this.#over;
    this.#waiting = Promise.withResolvers<FromVm>();
    this.#worker.ref();
    const { promise } = this.#waiting;
    const stop = watch((ms) => this.#end(overError('time', `it did not come back within ${Math.round(ms)} ms`)));
    try {
      return await promise;
    } finally {
      stop();
      this.#worker.unref();
      this.#waiting = null;
    }
  }

  /** No thread had more of the processors than this whole process: what that did not get, the program did not use. */
  #watch(late: (ms: number) => void): () => void {
    const { clock } = this.#parts;
    const { killMs } = this.#limits;
    const before = process.cpuUsage();
    let waitedMs = 0;
    let cancel: () => void = () => undefined;
    const look = (ms: number): void => {
      cancel = clock.after(ms, () => {
        waitedMs += ms;
        const { user, system } = process.cpuUsage(before);
        const usedMs = Atomics.load(this.#state, 0) === 0 ? 0 : (user + system) / 1000;
        if (usedMs >= killMs || waitedMs >= longestMs) late(waitedMs);
        else look(Math.max(20, killMs - usedMs));
      });
    };
    look(killMs);
    return () => cancel();
  }

  #heard(message: unknown): void {
    const parsed = fromVmSchema.safeParse(message);
    if (parsed.success && this.#waiting) this.#waiting.resolve(parsed.data);
    else this.#end(overError('message', 'it said what it may not'));
  }

  #callOf(text: string): ProgramCall {
    try {
      if (depthOf(text) > deepest || text.includes('"__proto__"')) throw new Error('it is no plain data');
      const plain: unknown = JSON.parse(text, (_, value: unknown) =>
        typeof value === 'string' ? value.toWellFormed() : value,
      );
      const { call, tool, input } = vmCallSchema.parse(plain);
      if (call !== ++this.#calls) throw new Error('its number is wrong');
      return { call, tool, input };
    } catch (error) {
      throw this.#end(overError('message', `a call of it cannot be read: ${asHoldfastError(error).message}`));
    }
  }

  #ended(cause: Error): void {
    const isMemory = 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
    this.#end(overError(isMemory ? 'memory' : 'threw', cause.message));
  }

  #end(error: HoldfastError): HoldfastError {
    this.#over ??= error;
    this.#waiting?.reject(this.#over);
    this.#waiting = null;
    this.#worker.terminate().catch(() => undefined);
    return this.#over;
  }
}

const hints: Record<OverReason, string> = {
  threw: 'Catch what may fail, or repair the program; `where` says the line.',
  time: 'Compute less between two calls; no loop without an end.',
  memory: 'Keep less in memory.',
  calls: 'Make fewer calls; await each before the next.',
  message: 'Give plain data, and less of it.',
  stuck: 'Await only what ctx gives.',
};

export function overError(reason: OverReason, message: string, where: string | null = null): HoldfastError {
  return new HoldfastError('program-failed', `the program was ended (${reason}): ${message}`, {
    hint: hints[reason],
    details: { reason, ...(where === null ? {} : { where }) },
  });
}
