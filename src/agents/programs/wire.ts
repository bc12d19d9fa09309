/** What crosses between a program's thread and the host: texts and numbers, never an object of the host. */
import { z } from 'zod';

/** One run: what a program may use of the thread it runs in. */
export interface VmLimits {
  memoryBytes: number;
  stackBytes: number;
  /** Of processor time without a pause: from an answer to the next time that it waits for one. */
  burstMs: number;
  /** When its thread is ended from outside: what an interrupt inside does not reach. */
  killMs: number;
  /** Of processor time in one life of the thread. */
  totalMs: number;
  callsPerBurst: number;
  callsPerRun: number;
  messageChars: number;
}

/** What a thread begins with. */
export interface VmData {
  limits: VmLimits;
  /** Shared: not 0 while it computes. */
  state: Int32Array<SharedArrayBuffer>;
}

export const vmLimits: VmLimits = {
  memoryBytes: 32 * 1024 * 1024,
  stackBytes: 256 * 1024,
  burstMs: 200,
  killMs: 300,
  totalMs: 5000,
  callsPerBurst: 64,
  callsPerRun: 10_000,
  messageChars: 131_072,
};

export type ToVm =
  | { kind: 'run'; code: string; agent: string; tools: readonly string[]; message: string }
  | { kind: 'describe'; code: string }
  | { kind: 'answer'; call: number; ok: boolean; text: string };

export const overReasons = ['threw', 'time', 'memory', 'calls', 'message', 'stuck'] as const;
export type OverReason = (typeof overReasons)[number];

/** Whatever it says is checked: the thread runs what nobody has read. */
export const fromVmSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({
    kind: z.literal('burst'),
    calls: z.array(z.string().max(vmLimits.messageChars)).max(vmLimits.callsPerBurst),
    /** What it answered, when it is over. */
    answer: z.string().max(vmLimits.messageChars).nullable(),
    ms: z.number().min(0),
  }),
  z.strictObject({
    kind: z.literal('over'),
    reason: z.enum(overReasons),
    message: z.string().max(4096),
    where: z.string().max(4096).nullable(),
  }),
]);
export type FromVm = z.infer<typeof fromVmSchema>;

/** One call as the program's side writes it. */
export const vmCallSchema = z.strictObject({
  call: z.int().min(1),
  tool: z.string().regex(/^[a-z][a-zA-Z0-9_-]{0,63}$/),
  input: z.json(),
});
