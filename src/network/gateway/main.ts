/**
 * The gateway's process. Everything it knows comes over the channel it was started with; the end of that channel ends it
 * at once, and with it every connection. Whoever ends it in good order asks it to close first: then what was open is told, and
 * kept on its tapes. Started by supervisor.ts only.
 */
import { writeFileSync } from 'node:fs';
import { idMaker, systemClock, systemRandom } from '../../base/index.ts';
import { asHoldfastError, HoldfastError, parseInput } from '../../schema/index.ts';
import { FlowQueue } from './flows.ts';
import { Gateway, type GatewayParts } from './gateway.ts';
import {
  type AttachedInfo,
  type GatewayCall,
  type GatewayMessage,
  gatewayCallSchema,
  gatewayRequestSchema,
} from './protocol.ts';

let gateway: Gateway | null = null;

// Secrets are in this memory: none of it goes into a core file.
writeFileSync('/proc/self/coredump_filter', '0');
process.on('disconnect', () => process.exit(0));
process.on('message', (message) => void receive(message));

const flows = new FlowQueue(systemClock, (batch) => send({ event: 'flows', flows: batch }));
const parts: GatewayParts = {
  clock: systemClock,
  makeId: idMaker(systemClock, systemRandom),
  onFlow: (flow) => flows.push(flow),
  onEvent: (event) => void send(event),
};

async function receive(message: unknown): Promise<void> {
  const { id, call } = parseInput(gatewayRequestSchema, message, 'a message of the daemon');
  try {
    const request = parseInput(gatewayCallSchema, call, 'a request of the daemon');
    await send({ answer: id, result: await answer(request) });
  } catch (error) {
    await send({ answer: id, error: asHoldfastError(error).toBody() });
  }
}

async function answer(call: GatewayCall): Promise<AttachedInfo | null> {
  if (call.method === 'ping') return null;
  if (call.method === 'close') {
    await gateway?.close();
    await flows.drain();
    return null;
  }
  if (call.method === 'configure') {
    if (gateway) throw new HoldfastError('wrong-state', 'the gateway was configured before', { fault: 'bug' });
    gateway = new Gateway(call.settings, parts);
    return null;
  }
  if (!gateway) throw new HoldfastError('wrong-state', 'the gateway was not configured', { fault: 'bug' });
  if (call.method === 'attach') return gateway.attach(call.spec, call.waitMs);
  if (call.method === 'update') return gateway.update(call.spec);
  return call.method === 'inspect' ? gateway.inspect(call.sandbox) : gateway.detach(call.sandbox);
}

/** Resolves when the daemon's side of the channel has taken it; a channel that is gone ends the process by itself. */
function send(message: GatewayMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send) process.send(message, undefined, {}, () => resolve());
  });
}
