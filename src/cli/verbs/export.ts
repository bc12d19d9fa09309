import { resolve } from 'node:path';
import { HoldfastError } from '../../schema/error-class.ts';
import type { HoldfastService } from '../../schema/index.ts';
import { type Command, defineCommand } from '../command.ts';
import { Interrupts } from '../interrupts.ts';
import { type Io, writeTo } from '../io.ts';
import { formatBytes, type Output } from '../output.ts';
import { openOutput, writeAll } from '../output-file.ts';
import { outputOption } from '../pieces.ts';
import { defined } from '../sandbox-options.ts';
import { chosen } from '../values.ts';

const command: Command = defineCommand({
  name: 'export',
  summary: 'Writes the files of a sandbox or snapshot as a tar; or a recording, or a test made of it.',
  examples: [
    ['holdfast export box --path /workspace > work.tar', 'below one path'],
    ['holdfast export rec-01… --as atif --output run.json', 'a recording; bundle, otel, har and models are the others'],
    ['holdfast export run --as-test --predicate "test -e made" -o case.json', 'the steps that matter, as a test'],
  ],
  arguments: {
    source: { description: "a sandbox's id or name, a snapshot's id, or a recording", completes: 'sandbox' },
  },
  options: {
    path: { kind: 'text', value: 'PATH', description: 'only below this path' },
    as: {
      kind: 'text',
      value: 'FORMAT',
      description: 'a recording: bundle, atif, otel, its tape as har, or its models’ answers as models',
    },
    asTest: { kind: 'flag', description: 'a test of a recording: its steps, a predicate, and how that ends' },
    predicate: {
      kind: 'text',
      value: 'COMMAND',
      description: 'for the test: a command line for sh, run in /workspace',
    },
    expect: { kind: 'text', value: 'OUTCOME', description: 'for the test: how it has to end, e.g. "exited 1"' },
    whole: { kind: 'flag', description: 'for the test: leave nothing out' },
    runs: { kind: 'whole', value: 'N', description: 'for the test: how often it is run; 3 if not said' },
    cwd: {
      kind: 'text',
      value: 'PATH',
      description: 'for the test: where the predicate is run; /workspace if not said',
    },
    timeout: {
      kind: 'duration',
      value: 'TIME',
      description: 'for the test: how long the predicate may take; 60s if not said',
    },
    budget: {
      kind: 'whole',
      value: 'N',
      description: 'for the test: runs that leaving out may take; 200 if not said',
    },
    output: outputOption,
  },
  async run({ args, options, context: { io, output, ...context } }) {
    if (options.output === undefined && (io.stdout.isTTY || options.json)) {
      throw new HoldfastError('invalid-argument', 'a tar does not go to a terminal or into JSON', {
        hint: 'Give --output FILE, or send stdout elsewhere.',
      });
    }
    using interrupts = new Interrupts(io);
    return await interrupts.statusOf(async () => {
      const { signal } = interrupts;
      const file = options.output === undefined ? null : resolve(io.directory, options.output);
      await using target = file === null ? null : await openOutput(file, { mode: 0o600, signal });
      const service = await context.service();
      const seen: Uint8Array[] = [];
      const tar = interrupts.through(await contentOf(service, args.source, options, signal));
      const content = options.asTest ? kept(tar, seen) : tar;
      const bytes = target === null ? await print(content, io) : await writeAll(target, content);
      const test = options.asTest ? testIn(seen) : null;
      if (options.json) await output.document({ file, bytes, ...test });
      else if (file !== null) await output.hint(`${formatBytes(bytes)} in ${file}`);
      if (test === null) return 0;
      if (!options.json) await tell(test, output);
      // Nobody said that it may end otherwise now and then.
      return test.passed < test.runs && options.expect === undefined ? 1 : 0;
    });
  },
});
export default command;

interface Wanted {
  path: string | undefined;
  as: string | undefined;
  asTest: boolean;
  predicate: string | undefined;
  expect: string | undefined;
  whole: boolean;
  runs: number | undefined;
  cwd: string | undefined;
  /** Milliseconds. */
  timeout: number | undefined;
  budget: number | undefined;
}

async function contentOf(
  service: HoldfastService,
  source: string,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  if (wanted.as !== undefined) {
    const format = chosen('--as', wanted.as, ['bundle', 'atif', 'otel', 'har', 'models'] as const);
    return service.exportRecording(source, format, { signal });
  }
  if (!wanted.asTest) return service.exportFiles(source, defined('path', wanted.path), { signal });
  if (wanted.predicate === undefined) {
    throw new HoldfastError('invalid-argument', '--as-test needs --predicate', {
      hint: 'For example: --predicate "make test"',
    });
  }
  const { predicate: command, cwd, timeout, expect, runs, budget, whole } = wanted;
  const predicate = { command, ...defined('cwd', cwd), ...defined('timeoutMs', timeout) };
  const more = { ...defined('expect', expect), ...defined('runs', runs), ...defined('budget', budget) };
  return service.exportTest(source, { predicate, ...more, minimise: !whole }, { signal });
}

async function print(pieces: AsyncIterable<Uint8Array>, { stdout }: Io): Promise<number> {
  let bytes = 0;
  for await (const piece of pieces) {
    await writeTo(stdout, piece);
    bytes += piece.length;
  }
  return bytes;
}

async function* kept(
  pieces: AsyncIterable<Uint8Array>,
  into: Uint8Array[],
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    into.push(piece);
    yield piece;
  }
}

/** What whoever made a test has to know of it. */
interface Told {
  expect: string;
  steps: number;
  passed: number;
  runs: number;
  notes: string[];
}

/** As this very service wrote it. */
function testIn(pieces: readonly Uint8Array[]): Told {
  const { expect, steps, passed, runs, notes } = JSON.parse(Buffer.concat(pieces).toString()) as Omit<Told, 'steps'> & {
    steps: unknown[];
  };
  return { expect, steps: steps.length, passed, runs, notes };
}

async function tell({ expect, steps, passed, runs, notes }: Told, output: Output): Promise<void> {
  await output.say(
    `a test of ${steps} ${steps === 1 ? 'step' : 'steps'} that expects ${expect}: it ended so in ${passed} of ${runs} runs`,
  );
  for (const note of notes) await output.hint(note);
}
