/**
 * What every substrate must do, through the runtime's own verbs. Each implementation runs this one suite with a list of
 * skips; a skip carries its reason, and an unknown skip fails. `docs/capabilities.md` is made from the same lists.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime, type Runtime, type RuntimeOptions } from '../../src/runtime/index.ts';
import type { Isolation } from '../../src/schema/index.ts';
import { fileRequirements } from './files.ts';
import { lifeRequirements } from './life.ts';
import { limitRequirements } from './limits.ts';
import { memoryRequirements } from './memory.ts';
import { programRequirements } from './programs.ts';
import type { Bench, Requirement } from './requirement.ts';

export interface Implementation {
  name: string;
  options: (home: string) => RuntimeOptions;
  /** What each sandbox asks for; the weakest there is if not said. */
  isolation?: Isolation;
  /** For what is emulated: an assertion is the same, only slower to come. */
  timeoutMs?: number;
  /** What it needs in its home first. */
  prepare?: (runtime: Runtime) => Promise<void>;
  /** Requirement id to the reason it cannot be had here. */
  skips: Record<string, string>;
}

export const requirements: readonly Requirement[] = [
  ...programRequirements,
  ...fileRequirements,
  ...lifeRequirements,
  ...limitRequirements,
  ...memoryRequirements,
];

export function describeSandboxes(implementation: Implementation): void {
  describe(`sandboxes: ${implementation.name}`, () => {
    let home = '';
    let runtime: Runtime;
    beforeAll(async () => {
      home = await mkdtemp(join(tmpdir(), 'hf-'));
      runtime = await createRuntime({ home, ephemeral: true, ...implementation.options(home) });
      await implementation.prepare?.(runtime);
    });
    afterAll(async () => {
      await runtime?.close();
      await rm(home, { recursive: true, force: true });
    });
    it('skips only requirements that exist', () => {
      const known = requirements.map(([id]) => id);
      expect(Object.keys(implementation.skips).filter((id) => !known.includes(id))).toEqual([]);
      expect(requirements.length).toBeGreaterThanOrEqual(30);
    });
    for (const [id, claim, body] of requirements) {
      const reason = implementation.skips[id];
      it.skipIf(reason !== undefined)(
        `${id}: ${claim}${reason ? ` (skipped: ${reason})` : ''}`,
        () => body(benchOf(runtime, implementation.isolation ?? 'none')),
        implementation.timeoutMs,
      );
    }
  });
}

function benchOf(runtime: Runtime, isolation: Isolation): Bench {
  const service = runtime.service();
  const run: Bench['run'] = (ref, input) => service.exec(ref, { cwd: '/workspace', ...input });
  return {
    service,
    run,
    isolation,
    box: (input = {}) => service.createSandbox({ isolation, ...input }),
    sh: (ref, command, input = {}) => run(ref, { argv: ['sh', '-c', command], ...input }),
  };
}
