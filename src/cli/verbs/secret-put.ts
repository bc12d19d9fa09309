import { readFile } from '../../base/index.ts';
import { HoldfastError } from '../../schema/error-class.ts';
import { type Command, defineCommand } from '../command.ts';

const command: Command = defineCommand({
  name: 'secret put',
  summary: 'Keeps a secret on this machine, for sandboxes to use without having it; the value comes from stdin.',
  examples: [
    ['printenv TOKEN | holdfast secret put api-token', 'from stdin; a newline at the end is left out'],
    ['holdfast secret put api-token --file token.txt', 'from a file'],
  ],
  arguments: { name: { description: 'lower-case letters, digits and hyphens' } },
  options: { file: { kind: 'text', value: 'FILE', description: 'read the value from here instead of stdin' } },
  async run({ args, options, context: { io, output, ...context } }) {
    if (options.file === undefined && io.stdin.isTTY === true) {
      throw new HoldfastError('invalid-argument', 'the value is read from stdin, and that is a terminal', {
        hint: 'Pipe it in, or give --file: what is typed would stand on the screen.',
      });
    }
    const whole = options.file === undefined ? await readInput(io.stdin) : await readFile(options.file);
    const info = await (await context.service()).putSecret(args.name, withoutNewline(whole));
    if (options.json) await output.document(info);
    else await output.hint(`kept; name it in a policy: secrets: [{secret: ${info.name}, environment: NAME}]`);
    return 0;
  },
});
export default command;

/** More is refused by the daemon; what is longer still is not read. */
const mostReadBytes = 128 * 1024;

async function readInput(stdin: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of stdin) {
    length += piece.length;
    if (length > mostReadBytes) break;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function withoutNewline(bytes: Uint8Array): Uint8Array {
  const end = bytes.at(-1) === 10 ? (bytes.at(-2) === 13 ? -2 : -1) : bytes.length;
  return bytes.subarray(0, end);
}
