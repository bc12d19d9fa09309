/** Two rows that show what an exec is made of: the channel alone, and a program that needs no loader and no library. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildGuest } from '../scripts/build-guest.ts';
import { rootScope } from '../src/base/index.ts';
import { connectGuest } from '../src/guest/index.ts';
import type { HoldfastService } from '../src/schema/index.ts';
import { type Contender, timed } from './harness.ts';

const program = '/workspace/static';

/** Straight to the agent's socket, without the service around it. */
export async function ping(
  about: Pick<Contender, 'id' | 'label'>,
  { home, sandbox }: { home: string; sandbox: string },
): Promise<Contender> {
  const name = createHash('sha256').update(sandbox).digest('hex').slice(0, 20);
  await using scope = rootScope({ name: 'ping', timeoutMs: 5000 });
  const client = await connectGuest(join(home, 'run', `${name}.sock`), scope);
  await client.hello();
  return { ...about, attempt: () => timed(() => client.ping()) };
}

/** Our own guest binary, which is static, asked for its version. */
export async function staticExec(
  about: Pick<Contender, 'id' | 'label'>,
  { service, sandbox }: { service: HoldfastService; sandbox: string },
): Promise<Contender> {
  await service.writeFile(sandbox, program, await readFile(buildGuest()));
  await service.exec(sandbox, { argv: ['chmod', '755', program], cwd: '/' });
  const attempt = async (): Promise<void> => {
    const { exitCode } = await service.exec(sandbox, { argv: [program, 'version'], cwd: '/' });
    if (exitCode !== 0) throw new Error(`it ended with status ${exitCode}`);
  };
  return { ...about, attempt: () => timed(attempt) };
}
