/** Ports of this machine that lead into a sandbox. Each connection is one of its own; the verb ends with Ctrl-C. */
import { createServer, type Server, type Socket } from 'node:net';
import { HoldfastError, isHoldfastError } from '../../schema/error-class.ts';
import type { HoldfastService, PortConnection } from '../../schema/index.ts';
import { type Command, type Context, defineCommand } from '../command.ts';
import { Interrupts } from '../interrupts.ts';

const command: Command = defineCommand({
  name: 'forward',
  summary: 'Lets a port of this machine lead to one inside a sandbox, until Ctrl-C.',
  examples: [
    ['holdfast forward box 8080', '127.0.0.1:8080 leads to 8080 inside'],
    ['holdfast forward box 3000:80 5432', 'two ports, one under another number'],
    ['holdfast forward box 0:80', 'any free port, which is printed'],
  ],
  arguments: {
    sandbox: { description: "a sandbox's id or name", completes: 'sandbox' },
    port: { description: 'PORT, or LOCAL:PORT; 0 is any free one', many: true },
  },
  options: {},
  async run({ args, options, context }) {
    const wanted = args.port.map(portsOf);
    if (wanted.length === 0) {
      throw new HoldfastError('invalid-argument', 'forward needs a port', {
        hint: `For example: holdfast forward ${args.sandbox} 8080`,
      });
    }
    using interrupts = new Interrupts(context.io);
    const service = await context.service('attach');
    const { id } = await service.getSandbox(args.sandbox);
    const forwards = wanted.map((ports) => new Forward({ ...ports, service, sandbox: id, context }));
    try {
      for (const forward of forwards) await forward.listen();
      await tell(forwards, args.sandbox, options.json, context);
      await untilAborted(interrupts.signal);
    } finally {
      await Promise.all(forwards.map((forward) => forward.close()));
    }
    return 0;
  },
});
export default command;

async function tell(forwards: Forward[], sandbox: string, json: boolean, { output }: Context): Promise<void> {
  const ports = forwards.map(({ local, port }) => ({ local: `127.0.0.1:${local}`, port }));
  if (json) await output.document({ ports }, true);
  else for (const { local, port } of ports) await output.line(`${local} leads to ${port} in ${sandbox}`);
  for (const forward of forwards) {
    if (await forward.isClosedInside()) await output.hint(`nothing listens on ${forward.port} inside yet`);
  }
}

interface Forwarding {
  local: number;
  port: number;
  service: HoldfastService;
  sandbox: string;
  context: Context;
}

class Forward {
  local: number;
  readonly port: number;
  readonly #options: Forwarding;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(options: Forwarding) {
    this.local = options.local;
    this.port = options.port;
    this.#options = options;
    // Either side may end its direction before the other.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => void this.#serve(socket));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => reject(cannotListen(this.local, cause)));
      this.#server.listen({ host: '127.0.0.1', port: this.local }, resolve);
    });
    const bound = this.#server.address();
    if (typeof bound === 'object' && bound) this.local = bound.port;
  }

  async isClosedInside(): Promise<boolean> {
    try {
      await (await this.#connect()).close();
      return false;
    } catch (error) {
      if (isHoldfastError(error) && error.code === 'port-closed') return true;
      throw error;
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #connect(): Promise<PortConnection> {
    const { service, sandbox, port } = this.#options;
    return service.connectPort(sandbox, port);
  }

  async #serve(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => this.#sockets.delete(socket));
    try {
      const { joinPorts } = await import('../../schema/port-stream.ts');
      await joinPorts(await this.#connect(), connectionOf(socket));
    } catch (error) {
      const why = isHoldfastError(error) ? error.message : String(error);
      if (!socket.destroyed) await this.#options.context.output.hint(`a connection to ${this.port} ended: ${why}`);
      // Not an ordinary end: nothing that was cut off may look whole.
      socket.resetAndDestroy();
    }
  }
}

function connectionOf(socket: Socket): PortConnection {
  return {
    output: socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>,
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
    write: (data) =>
      new Promise((resolve, reject) => {
        socket.write(data, (error) => (error ? reject(error) : resolve()));
      }),
    endInput: async () => void socket.end(),
    // Both directions ended, and what was written last may still be on its way out.
    close: async () => void (socket.writableEnded ? socket.destroySoon() : socket.destroy()),
  };
}

function portsOf(text: string): { local: number; port: number } {
  const [, given, inside] = /^(?:(\d{1,5}):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(inside ?? 0);
  const local = given === undefined ? port : Number(given);
  if (port >= 1 && port <= 65_535 && local <= 65_535) return { local, port };
  throw new HoldfastError('invalid-argument', `forward does not take "${text}"`, {
    hint: 'It takes PORT or LOCAL:PORT, e.g. 8080 or 3000:80; 0 for LOCAL is any free port.',
  });
}

function cannotListen(port: number, cause: Error): HoldfastError {
  const isTaken = 'code' in cause && cause.code === 'EADDRINUSE';
  return new HoldfastError(
    isTaken ? 'in-use' : 'invalid-argument',
    `cannot listen on 127.0.0.1:${port}: ${cause.message}`,
    {
      cause,
      hint: 'Choose another port, e.g. 0:PORT for any free one.',
    },
  );
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
