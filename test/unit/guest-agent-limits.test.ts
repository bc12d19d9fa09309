/** Limits that the kernel below does not count: what the agent says of a program that met one. The suite tries them for real. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { messageTypes as m } from '../../src/guest/wire.ts';
import { int, type Peer, TestAgent } from './guest-agent-peer.ts';

let agent: TestAgent;
let peer: Peer;
beforeEach(async () => {
  agent = new TestAgent(['--processes', '6']);
  peer = await agent.peer();
});
afterEach(() => agent.stop());

async function reasonOf(script: string): Promise<number | undefined> {
  const processId = `p${Math.random()}`;
  await peer.ask(m.spawn, { processId, argv: ['/bin/sh', '-c', script], cwd: '/' });
  const attachment = peer.send(m.attach, { processId, credit: 100_000 });
  const exit = (await peer.until(attachment, m.exit)).at(-1);
  return exit && int(exit.payload, 'reason');
}

const many = 'for i in 1 2 3 4 5 6; do sleep 20 & done;';
const [exited, pidLimit] = [1, 7];

describe('a limit on processes that nobody counts', () => {
  it('is put down to who fails while the sandbox is full', async () => {
    expect(await reasonOf(`${many} exit 2`)).toBe(pidLimit);
  });

  it('is not put down to who ends well, or fails with room left', async () => {
    expect(await reasonOf('exit 2')).toBe(exited);
    expect(await reasonOf(`${many} exit 0`)).toBe(exited);
  });

  it('leaves what the program started alone', async () => {
    expect(await reasonOf(`${many} exit 2`)).toBe(pidLimit);
    const quiet = await peer.ask(m.quiet);
    expect(int(quiet.payload, 'count')).toBeGreaterThanOrEqual(6);
  });
});
