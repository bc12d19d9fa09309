import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../test/fixtures/cli.ts';
import { directoryService } from '../../test/fixtures/directory-service.ts';
import { recordingService } from '../../test/fixtures/recording-service.ts';
import { HoldfastError } from '../schema/error-class.ts';
import { flagOf } from './command.ts';
import { loadAll, verbs } from './registry.ts';

describe('a command line', () => {
  it('gives every verb one sentence, two or three examples, then flags', async () => {
    const commands = await loadAll();
    expect(commands.map(({ name }) => name)).toEqual(Object.keys(verbs));
    for (const command of commands) {
      const { stdout, status } = await runCli([...command.name.split(' '), '--help'], null);
      expect(status, command.name).toBe(0);
      expect(stdout.indexOf(command.summary)).toBe(0);
      expect(stdout.indexOf('Examples:')).toBeLessThan(stdout.indexOf('Flags:'));
      expect(command.examples.length, command.name).toBeGreaterThanOrEqual(2);
      expect(command.examples.length, command.name).toBeLessThanOrEqual(3);
      expect(stdout).toContain('--json');
    }
  });

  it('lists every verb in its overview', async () => {
    const { stdout, status } = await runCli(['--help'], null);
    expect(status).toBe(0);
    for (const name of Object.keys(verbs)) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(await runCli([], null)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('Usage:') });
  });

  it('shows by `help` what the verb says of itself', async () => {
    for (const command of await loadAll()) {
      const words = command.name.split(' ');
      const { stdout } = await runCli([...words, '--help'], null);
      expect(await runCli(['help', ...words], null)).toMatchObject({ status: 0, stdout });
    }
    const overview = await runCli(['--help'], null);
    for (const words of [['help'], ['help', 'help'], ['help', '--json']])
      expect(await runCli(words, null)).toEqual(overview);
    expect(await runCli(['--help', 'run'], null)).toEqual(await runCli(['run', '--help'], null));
    expect(await runCli(['help', 'nonsense'], null)).toMatchObject({ status: 2, stdout: '' });
  });

  it.each([
    [['snapshto'], 2, 'Did you mean `holdfast snapshot`?'],
    [['exce', 'box'], 2, 'Did you mean `holdfast exec`?'],
    [['xyzzy'], 2, 'there is no verb "xyzzy" (invalid-argument)\n  hint: See `holdfast --help`.\n'],
    [['template', 'list'], 2, 'template ls'],
    [['template', 'xyzzy'], 2, 'Known: template build, template ls, template rm.'],
    [['template'], 2, 'template build'],
    [['ps', '--al'], 2, 'Did you mean --all?'],
    [['rm'], 2, 'For example: holdfast rm box'],
    [['extend', 'box', '--lifetime', 'soon'], 2, 'such as 90s, 5m, 2h or 1d'],
    [['create', '--memory', '1x'], 2, 'such as 64k, 512m or 2g'],
    [['create', '--env', 'A'], 2, 'NAME=value'],
    [['ps', '--state', 'dead'], 2, 'creating, ready'],
    [['inspect', 'a', 'b'], 2, 'does not take "b"'],
    [['completion', 'tcsh'], 2, 'bash, zsh, fish'],
    [['run'], 125, 'For example: holdfast run'],
    [['run', '--memory', 'lots', '--', 'true'], 125, 'such as 64k'],
    [['exec', 'box', 'extra', '--', 'true'], 125, 'does not take "extra" before --'],
  ])('answers %j with status %i and the fix', async (argv, status, fix) => {
    const run = await runCli(argv, recordingService());
    expect({ status: run.status, stdout: run.stdout }).toEqual({ status, stdout: '' });
    expect(run.stderr).toContain(fix);
  });

  it.each([
    [['inspect', 'none', '--json'], 3, 'sandbox-not-found'],
    [['snapshots', '--verify', 'snp-none', '--json'], 3, 'snapshot-not-found'],
    [['nonsense', '--json'], 2, 'invalid-argument'],
    [['--json'], 2, 'invalid-argument'],
    [['ps', '--wrong', '--json'], 2, 'invalid-argument'],
    [['exec', '--json', 'none', '--', 'true'], 125, 'sandbox-not-found'],
  ])('answers %j with one JSON document on stdout', async (argv, status, code) => {
    const run = await runCli(argv, recordingService());
    const { error } = JSON.parse(run.stdout) as { error: { code: string } };
    expect({ status: run.status, code: error.code, stderr: run.stderr }).toEqual({ status, code, stderr: '' });
  });

  it('answers a mistake with one JSON document, whatever the verb', async () => {
    for (const command of await loadAll()) {
      const run = await runCli([...command.name.split(' '), '--json', '--no-such-flag'], recordingService());
      const { error } = JSON.parse(run.stdout) as { error: { code: string; message: string } };
      expect({ status: run.status, code: error.code, stderr: run.stderr }, command.name).toEqual({
        status: command.status === 'command' ? 125 : 2,
        code: 'invalid-argument',
        stderr: '',
      });
      expect(error.message).toContain('--no-such-flag');
    }
  });

  it('takes no empty word for a name or a path, whatever the verb', async () => {
    const empty: string[] = [];
    const said: string[] = [];
    for (const command of await loadAll()) {
      const [service, words] = [recordingService(), command.name.split(' ')];
      const specs = Object.entries(command.arguments);
      const status = command.status === 'command' ? 125 : 2;
      for (const [at, [name, { mayBeEmpty }]] of specs.entries()) {
        const given = specs.slice(0, Math.max(at + 1, specs.findLastIndex(([, spec]) => !spec.optional) + 1));
        const argv = [...words, ...given.map((_, index) => (index === at ? '' : 'box-default'))];
        if (mayBeEmpty) said.push(`${command.name} ${name}`);
        else {
          empty.push(`${command.name} ${name}`);
          expect(await runCli(argv, service), argv.join(' ')).toMatchObject({
            status,
            stderr: expect.stringContaining(`does not take an empty <${name}>`),
          });
        }
      }
      for (const [name, { value }] of Object.entries(command.options)) {
        if (!['FILE', 'DIR', 'DIRECTORY'].includes(value ?? '')) continue;
        const argv = [...words, flagOf(name), '', ...specs.map(() => 'box-default')];
        expect(await runCli(argv, service), argv.join(' ')).toMatchObject({
          status,
          stderr: expect.stringContaining(`${flagOf(name)} does not take ""`),
        });
      }
      expect(service.calls, command.name).toEqual([]);
    }
    expect(empty.length).toBeGreaterThan(70);
    expect(said.sort()).toEqual([
      'exec command',
      'record command',
      'run command',
      'session send text',
      'session start message',
      'world grade command',
      'world run command',
    ]);
  });

  it('gives an empty word to what is run or told', async () => {
    await using service = await directoryService();
    expect((await runCli(['run', '--', 'printf', '[%s]', ''], service)).stdout).toBe('[]');
    const sent = recordingService();
    await runCli(['session', 'send', sent.ids.session, ''], sent);
    expect(sent.calls.find(({ verb }) => verb === 'sendToSession')?.args[1]).toMatchObject({ data: '' });
  });

  it('ends as a broken pipe does when nobody reads what it says, a failure or not', async () => {
    const service = recordingService();
    for (const argv of [['inspect', 'none'], ['nonsense'], [], ['create']])
      expect((await runCli(argv, service, { unread: 'stderr' })).status, argv.join(' ')).toBe(141);
    for (const argv of [['inspect', 'none', '--json'], ['ps'], ['--help']])
      expect((await runCli(argv, service, { unread: 'stdout' })).status, argv.join(' ')).toBe(141);
  });

  it.each([
    ['forbidden', 4],
    ['quota-exceeded', 4],
    ['limit-unsupported', 5],
    ['wrong-state', 1],
    ['sandbox-not-found', 3],
  ] as const)('leaves with the status of %s', async (code, status) => {
    const service = recordingService();
    service.failures.set('suspendSandbox', new HoldfastError(code, 'said so', { hint: 'do that' }));
    const run = await runCli(['suspend', 'box-default'], service);
    expect(run).toMatchObject({ status, stdout: '', stderr: `holdfast: said so (${code})\n  hint: do that\n` });
  });

  it('keeps what a sandbox named out of the terminal', async () => {
    const service = recordingService();
    service.failures.set('getSandbox', new HoldfastError('wrong-state', 'a \u001b[31mred\u0007 name'));
    expect((await runCli(['inspect', 'box-default'], service)).stderr).toContain('a \\x1b[31mred\\x07 name');
    expect((await runCli(['diff', 'box-default', '--name-only'], service)).stdout).toBe('A /é\\n\n');
  });
});

describe('the verbs on a service', () => {
  it.each([
    [
      ['create', '--name', 'a', '--memory', '512m', '--cpus', '0.5', '-e', 'K=a=b', '--lifetime', '2h', '--suspend'],
      'createSandbox',
    ],
    [['rollback', 'box-default', 'snp-default'], 'rollbackSandbox'],
    [['fork', 'snp-default', '-n', '3', '--metadata', 'job=7'], 'forkSandbox'],
    [['snapshot', 'box-default', '--name', 'x'], 'createSnapshot'],
    [['extend', 'box-default', '--lifetime', '90'], 'extendSandbox'],
    [['template', 'build', 't', '--debian', 'bookworm', '-p', 'git', '-p', 'curl'], 'buildTemplate'],
    [['prune', '--snapshots'], 'prune'],
  ])('%j', async (argv, verb) => {
    const service = recordingService();
    const { status } = await runCli(argv, service);
    expect(status).toBe(0);
    expect(service.calls.find((call) => call.verb === verb)?.args).toMatchSnapshot();
  });

  it('sends the script that a template is to be warmed by, and says when it is run', async () => {
    const service = recordingService();
    const directory = await mkdtemp(join(tmpdir(), 'hf-cli-'));
    const script = '#!/bin/sh\nserver &\n';
    await writeFile(join(directory, 'server.sh'), script);
    const words = ['template', 'build', 't', '--directory', 'root', '--warm'];
    const run = await runCli([...words, 'server.sh'], service, { directory });
    expect(run).toMatchObject({ status: 0, stderr: expect.stringContaining('10-server is run once for each size') });
    const [input] = service.calls.find(({ verb }) => verb === 'buildTemplate')?.args ?? [];
    expect(input).toMatchObject({ directory: join(directory, 'root'), warm: { name: 'server.sh', text: script } });
    expect(await runCli([...words, 'missing.sh'], service, { directory })).toMatchObject({ status: 3 });
    await rm(directory, { recursive: true });
  });

  it('prints ids that the next command takes, and hints on stderr only', async () => {
    const service = recordingService();
    expect(await runCli(['create'], service)).toMatchObject({
      status: 0,
      stdout: 'sbx-default\n',
      stderr: expect.stringContaining('next: holdfast exec sbx-default'),
    });
    expect((await runCli(['fork', 'box-default', '-n', '2'], service)).stdout).toBe('sbx-default\nsbx-default\n');
    expect((await runCli(['snapshot', 'box-default'], service)).stdout).toBe('snp-default\n');
  });

  it('lists in columns, as ids or as JSON', async () => {
    const service = recordingService();
    service.listSandboxes = async () => ({ items: [await service.getSandbox('sbx-default')], nextCursor: null });
    const { stdout } = await runCli(['ps'], service);
    expect(stdout).toMatch(
      /^ID +NAME +STATE +TEMPLATE +CONTRACT +CREATED +ENDS\nsbx-default +box-default +ready +host +- +/,
    );
    expect((await runCli(['ps', '-q'], service)).stdout).toBe('sbx-default\n');
    expect(JSON.parse((await runCli(['ps', '--json'], service)).stdout)).toMatchObject([
      { id: 'sbx-default', state: 'ready' },
    ]);
  });

  it('removes what it can and says what it cannot', async () => {
    const service = recordingService();
    const run = await runCli(['rm', 'sbx-none', 'box-default', 'snp-default'], service);
    expect(run).toMatchObject({
      status: 3,
      stdout: 'box-default\nsnp-default\n',
      stderr: expect.stringContaining('sbx-none'),
    });
  });

  it('prints one JSON document per event, until interrupted', async () => {
    const service = recordingService();
    service.happening = ['a', 'b'].map((id) => ({
      id,
      type: 'sandbox-ready',
      at: '',
      tenant: '',
      sandbox: null,
      data: {},
    }));
    const pending = runCli(['events', '--json'], service, {
      onSignals: (send) => setTimeout(() => send('SIGINT'), 50),
    });
    const { stdout, status } = await pending;
    expect(status).toBe(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id),
    ).toEqual(['a', 'b']);
  });

  it('exports into a file whole or not at all, and never to a terminal', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-cli-'));
    const service = recordingService();
    expect((await runCli(['export', 'box-default'], service)).stdout).toBe('a tar');
    expect((await runCli(['export', 'box-default', '-o', 'x.tar'], service, { directory })).status).toBe(0);
    expect((await runCli(['export', 'box-default', '--json'], service)).status).toBe(2);
    const before = service.calls.length;
    for (const [file, status, said] of [
      ['none/x.tar', 3, `${directory}/none/x.tar: no such file or directory (file-not-found)`],
      ['.', 1, `${directory}: is a directory (not-a-file)`],
    ] as const) {
      const run = await runCli(['export', 'box-default', '-o', file], service, { directory });
      expect(run).toMatchObject({ status, stdout: '', stderr: expect.stringContaining(`holdfast: ${said}`) });
    }
    expect([service.calls.length, await readdir(directory)]).toEqual([before, ['x.tar']]);
    await rm(directory, { recursive: true });
  });

  it('completes in three shells', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { stdout } = await runCli(['completion', shell], null);
      for (const word of ['snapshot', 'rollback', 'name-only']) expect(stdout).toContain(word);
    }
  });

  it('knows its version without a daemon', async () => {
    const { stdout } = await runCli(['version'], null);
    expect(stdout).toMatch(/^holdfast \d+\.\d+\.\d+, Node v\d+/);
    expect(stdout).toContain('daemon not running');
  });

  it('says as doctor what fails, with status 5 when nothing is usable', async () => {
    const service = recordingService();
    service.doctor = async () => ({
      checks: [{ name: 'bubblewrap', status: 'warn', detail: 'not installed', fix: 'apt-get install bubblewrap' }],
      substrates: [
        {
          substrate: 'namespace',
          isolation: 'namespace',
          usable: false,
          detail: 'no user namespaces',
          fix: 'allow them',
          capabilities: [],
        },
      ],
      durationMs: 1,
    });
    const run = await runCli(['doctor'], service);
    expect(run.status).toBe(5);
    expect(run.stdout).toContain('fix: apt-get install bubblewrap');
    expect(run.stdout).toContain('no user namespaces');
    service.doctor = async () =>
      Promise.reject(new HoldfastError('daemon-unreachable', 'ended', { details: { log: ['why'] } }));
    expect(await runCli(['doctor', '--json'], service)).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('ended\\nwhy'),
    });
  });
});
