/** The order of steps of `substrate install gvisor`, on machines that have one thing and lack another. */
import { describe, expect, it } from 'vitest';
import { type GvisorHost, installOn } from './install-gvisor.ts';

interface Machine {
  isRoot?: boolean;
  /** Versions as they come: before, and after each step that installs one. */
  has?: 'nothing' | 'old' | 'new';
  packaged?: 'old' | 'new';
  go?: string;
  builds?: 'old' | 'new';
}

function machine({ isRoot = true, has = 'nothing', packaged, go, builds = 'new' }: Machine) {
  const steps: string[] = [];
  let there = has;
  const host: GvisorHost = {
    isRoot,
    async current() {
      return there === 'nothing' ? null : { program: '/somewhere/runsc', version: there, works: there === 'new' };
    },
    async installPackage() {
      steps.push('package');
      if (!packaged) throw new Error('no such package');
      there = packaged;
    },
    async findGo() {
      return go ?? null;
    },
    async build() {
      steps.push('build');
      there = builds;
    },
  };
  return { host, steps };
}

async function install(given: Machine): Promise<{ steps: string[]; said: string; error: unknown }> {
  const { host, steps } = machine(given);
  const said: string[] = [];
  const error = await installOn(host, (line) => void said.push(line)).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return { steps, said: said.join('\n'), error };
}

describe('substrate install gvisor', () => {
  it('leaves a runsc alone in which programs of this machine run', async () => {
    expect(await install({ has: 'new', go: 'go' })).toMatchObject({ steps: [], error: null });
  });

  it('takes the package where that does', async () => {
    expect(await install({ packaged: 'new', go: 'go' })).toMatchObject({ steps: ['package'], error: null });
  });

  it('builds a newer one where the package is too old, or there is none', async () => {
    expect(await install({ packaged: 'old', go: 'go' })).toMatchObject({ steps: ['package', 'build'], error: null });
    expect(await install({ has: 'old', go: 'go' })).toMatchObject({ steps: ['build'], error: null });
    const without = await install({ go: 'go' });
    expect(without).toMatchObject({ steps: ['package', 'build'], error: null });
    expect(without.said).toContain('no such package');
  });

  it('says what is missing otherwise', async () => {
    expect((await install({ isRoot: false })).error).toMatchObject({
      code: 'capability-missing',
      hint: expect.stringContaining('sudo'),
    });
    expect((await install({ has: 'old' })).error).toMatchObject({
      message: expect.stringContaining('no Go'),
      hint: expect.stringContaining('Install Go'),
    });
    expect((await install({ has: 'old', go: 'go', builds: 'old' })).error).toMatchObject({
      code: 'capability-missing',
      hint: expect.stringContaining('do ls /'),
    });
  });
});
