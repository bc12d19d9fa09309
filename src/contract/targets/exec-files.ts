/** Files by commands, for runtimes whose only door is exec. The data goes in and out as octal: nothing on the way touches it. */
import { TargetError, type TargetExec, type TargetResult } from './target.ts';

type Exec = (request: TargetExec, signal: AbortSignal) => Promise<TargetResult>;

const timeoutMs = 20_000;
/** Of one command's text; some runtimes take no more. */
const pieceBytes = 4096;

export async function writeByExec(exec: Exec, path: string, data: Uint8Array, signal: AbortSignal): Promise<void> {
  const pieces = data.length === 0 ? [data] : chunks(data);
  for (const [at, piece] of pieces.entries()) {
    const octal = [...piece].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    const result = await exec(
      { command: `printf '${octal}' ${at === 0 ? '>' : '>>'}${quoted(path)}`, timeoutMs },
      signal,
    );
    if (result.exitCode !== 0) throw failed('written', path, result);
  }
}

export async function readByExec(
  exec: Exec,
  path: string,
  mostBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const result = await exec({ command: `od -An -v -to1 <${quoted(path)}`, timeoutMs }, signal);
  if (result.exitCode !== 0) throw failed('read', path, result);
  const words = new TextDecoder().decode(result.stdout).split(/\s+/).filter(Boolean);
  if (words.length > mostBytes || words.some((word) => !/^[0-3][0-7]{2}$/.test(word)))
    throw new TargetError('runtime', 'garbage', `reading ${path} gave what od does not print`);
  return Uint8Array.from(words, (word) => Number.parseInt(word, 8));
}

function chunks(data: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.ceil(data.length / pieceBytes) }, (_, at) =>
    data.subarray(at * pieceBytes, (at + 1) * pieceBytes),
  );
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

function failed(what: string, path: string, { stderr, exitCode }: TargetResult): TargetError {
  const said = new TextDecoder().decode(stderr).trim().slice(0, 500);
  return new TargetError('runtime', 'file-failed', said || `${path} could not be ${what}: status ${exitCode}`);
}
