import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** In a process of its own: by how many mebibytes it is smaller after it was quiet. */
async function returned(work: number): Promise<number> {
  const script = `
    import { MemoryReturn } from ${JSON.stringify(join(import.meta.dirname, 'memory.ts'))};
    import { systemClock } from ${JSON.stringify(join(import.meta.dirname, 'clock.ts'))};
    const memory = new MemoryReturn(systemClock);
    let kept = [];
    for (let n = 0; n < 3_000_000; n++) {
      const made = { n, list: [n], text: 'k' + n };
      if (n % 100 === 0) kept.push(made);
    }
    kept = [];
    for (let n = 0; n < ${work}; n++) memory.worked();
    const before = process.memoryUsage.rss();
    await new Promise((resolve) => setTimeout(resolve, 5000));
    process.stdout.write(String((before - process.memoryUsage.rss()) / 2 ** 20));
    memory.close();
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  return Number(stdout);
}

it('goes back when much was done and nothing is to do', async () => {
  expect(await returned(1000)).toBeGreaterThan(16);
}, 60_000);

it('stays where little was done: a pause is not worth it', async () => {
  expect(await returned(999)).toBeLessThan(16);
}, 60_000);
