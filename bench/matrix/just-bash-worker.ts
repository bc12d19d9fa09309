/** One interpreter of just-bash in a process of its own, so that one that never ends can be ended. */
import type { Answered, Asked } from './just-bash.ts';

/** The part of the package's types that is used; it is not installed with the product. */
interface Interpreter {
  /** Text, also where a program wrote bytes that are none. */
  exec(line: string, options: object): Promise<{ stdout: string; stderr: string; exitCode: number }>;
  fs: {
    writeFile(path: string, content: Uint8Array): Promise<void>;
    readFileBuffer(path: string): Promise<Uint8Array>;
  };
}

const [path = ''] = process.argv.slice(2);
const { Bash } = (await import(path)) as { Bash: new () => Interpreter };
const bash = new Bash();

async function answer(asked: Asked): Promise<Omit<Answered, 'id'>> {
  switch (asked.what) {
    case 'exec':
      return exec(asked);
    case 'write':
      await bash.fs.writeFile(asked.path, asked.data);
      return {};
    case 'read':
      return { data: await bash.fs.readFileBuffer(asked.path) };
  }
}

async function exec({
  line,
  words,
  stdin,
  timeoutMs,
  cwd,
  env,
}: Asked & { what: 'exec' }): Promise<Omit<Answered, 'id'>> {
  const signal = AbortSignal.timeout(timeoutMs);
  // Bytes go in as the text that has one character for each.
  const input = stdin === undefined ? {} : { stdin: Buffer.from(stdin).toString('latin1'), stdinKind: 'bytes' };
  const result = await bash.exec(line, { cwd, env, ...input, args: words, signal, rawScript: true });
  return {
    result: {
      exitCode: result.exitCode,
      signal: null,
      timedOut: signal.aborted,
      stdout: new Uint8Array(Buffer.from(result.stdout, 'utf8')),
      stderr: new Uint8Array(Buffer.from(result.stderr, 'utf8')),
      cutBytes: 0,
    },
  };
}

async function answered(asked: Asked): Promise<void> {
  const said = await answer(asked).catch((error: unknown) => ({
    problem: error instanceof Error ? error.message : String(error),
  }));
  process.send?.({ id: asked.id, ...said });
}

// Of nobody, it would wait on.
process.on('disconnect', () => process.exit());
process.on('message', (asked: Asked) => void answered(asked));
process.send?.({ id: 0 });
