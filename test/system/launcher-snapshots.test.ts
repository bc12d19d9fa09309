/** Snapshots and replaced roots by the launcher itself, for each way to launch. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Decoded, message, tag } from './launcher-frames.ts';
import { Rig, type Sandbox } from './launcher-rig.ts';
import { onOlderKernels, refusal, variants } from './launcher-variants.ts';

describe.each([...variants, ...onOlderKernels])('$name', ({ options, possible }) => {
  let rig: Rig;
  const _mode = options.uid === undefined ? 'root' : 'user';

  beforeAll(async () => {
    if (!possible) return;
    rig = await new Rig(options).start();
  });
  afterAll(async () => rig?.close());

  const withSandbox = (name: string, test: (sandbox: Sandbox) => Promise<void>, launch = {}): void => {
    it.runIf(possible)(name, async () => {
      const sandbox = await rig.launch(launch);
      try {
        await test(sandbox);
      } finally {
        await rig.kill(sandbox);
      }
    });
  };

  describe('snapshots', () => {
    const snapshot = (sandbox: Sandbox, name: string): Promise<Decoded> =>
      rig.channel.ask(message.snapshot, [
        ...sandbox.identity(),
        ...sandbox.view(sandbox.lower, sandbox.upper),
        [tag.path, join(rig.home, 'layers', name)],
        [tag.target, join(sandbox.directory, `${name}.upper`)],
        [tag.freshWork, join(sandbox.directory, `${name}.upper.work`)],
      ]);
    const rotated = (sandbox: Sandbox, name: string): void => {
      sandbox.lower = [join(rig.home, 'layers', name), ...sandbox.lower];
      sandbox.upper = join(sandbox.directory, `${name}.upper`);
    };

    withSandbox('rotate when nothing but the agent lives, over and over', async (sandbox) => {
      for (let round = 0; round < 3; round++) {
        await sandbox.shell(`echo ${round} > /home/user/file${round}; rm -f /home/user/file${round - 1}`);
        const name = `${sandbox.name}-${round}`;
        const taken = await snapshot(sandbox, name);
        expect(taken.text(tag.method)).toBe('rotate');
        rotated(sandbox, name);
      }
      expect((await sandbox.shell('ls /home/user; cat /home/user/file2; ls /usr/bin/env; cat /etc/hostname')).out).toBe(
        'file2\n2\n/usr/bin/env\ntestbox\n',
      );
      expect(readdirSync(join(rig.home, 'layers', `${sandbox.name}-1`, 'home/user')).sort()).toEqual([
        'file0',
        'file1',
      ]);
    });

    withSandbox('copy while programs run, and they run on', async (sandbox) => {
      await sandbox.shell('echo kept > /home/user/file');
      const process = await sandbox.start([
        '/bin/sh',
        '-c',
        'exec 3>/home/user/open; sleep 0.3; echo late >&3; cat /home/user/file',
      ]);
      await expect.poll(() => existsSync(join(sandbox.upper, 'home/user/open'))).toBe(true);
      const taken = await snapshot(sandbox, `${sandbox.name}-live`);
      expect(taken.text(tag.method)).toBe('copy');
      expect(taken.int(tag.files)).toBe(2);
      expect((await sandbox.follow(process)).out).toBe('kept\n');
      expect(readFileSync(join(rig.home, 'layers', `${sandbox.name}-live`, 'home/user/open'), 'utf8')).toBe('');
    });

    withSandbox('refuse a path that exists, and the sandbox runs on', async (sandbox) => {
      mkdirSync(join(rig.home, 'layers', `${sandbox.name}-there`));
      expect((await refusal(snapshot(sandbox, `${sandbox.name}-there`))).errno).toBe(17);
      expect((await sandbox.run(['/bin/echo', 'alive'])).out).toBe('alive\n');
    });

    withSandbox('a failed rotation gives everything back', async (sandbox) => {
      await sandbox.shell('echo kept > /home/user/file');
      writeFileSync(join(sandbox.directory, 'file'), '');
      const failed = await refusal(
        rig.channel.ask(message.snapshot, [
          ...sandbox.identity(),
          ...sandbox.view(sandbox.lower, sandbox.upper),
          [tag.path, join(rig.home, 'layers', `${sandbox.name}-bad`)],
          [tag.target, join(sandbox.directory, 'file/upper')],
          [tag.freshWork, join(sandbox.directory, 'file/work')],
        ]),
      );
      expect(failed.errno).toBe(20);
      expect(existsSync(join(rig.home, 'layers', `${sandbox.name}-bad`))).toBe(false);
      expect((await sandbox.shell('cat /home/user/file')).out).toBe('kept\n');
    });

    withSandbox('swap back to the template after RESET', async (sandbox) => {
      await sandbox.shell('echo gone > /home/user/file');
      await sandbox.start(['/bin/sleep', '1000']);
      await sandbox.agent.ask(message.reset, []);
      await rig.channel.ask(message.swap, [
        ...sandbox.identity(),
        ...sandbox.view([rig.template], join(sandbox.directory, 'swapped')),
      ]);
      expect((await sandbox.shell('ls -A /home/user; echo new > /home/user/new; cat /home/user/new')).out).toBe(
        'new\n',
      );
      expect(existsSync(join(sandbox.directory, 'swapped/home/user/new'))).toBe(true);
    });

    withSandbox('forks of a snapshot are independent', async (sandbox) => {
      await sandbox.shell('echo shared > /home/user/file');
      const name = `${sandbox.name}-forked`;
      await snapshot(sandbox, name);
      const lower = [join(rig.home, 'layers', name), rig.template];
      const forks = await Promise.all([1, 2, 3].map(() => rig.launch({ lower })));
      await Promise.all(forks.map((fork, at) => fork.shell(`echo ${at} >> /home/user/file`)));
      const outs = await Promise.all(forks.map((fork) => fork.shell('cat /home/user/file')));
      expect(outs.map(({ out }) => out)).toEqual(['shared\n0\n', 'shared\n1\n', 'shared\n2\n']);
      await Promise.all(forks.map((fork) => rig.kill(fork)));
    });
  });
});
