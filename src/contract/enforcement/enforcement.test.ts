import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HoldfastError, type ToolDescription } from '../../schema/index.ts';
import { type Contract, contractSchema } from '../document/contract.ts';
import { toolTerms } from '../initial/tools.ts';
import { compileEnforcement, type Enforcement } from './enforcement.ts';

const tool: ToolDescription = {
  name: 'shell',
  description: '',
  input: { properties: { command: {}, cwd: {} }, required: ['command'], additionalProperties: false },
  output: { properties: { stdout: {}, reason: { enum: ['exited', 'timed-out'] } } },
  risk: 'write',
  idempotent: false,
  timing: 'blocking',
};
const shell = {
  timing: 'blocking',
  risk: 'write',
  idempotent: false,
  arguments: { command: 'required', cwd: 'optional' },
  answers: ['reason', 'stdout'],
  values: { reason: ['exited', 'timed-out'] },
};

const contractOf = (change: object): Contract =>
  contractSchema.parse({
    format: 'holdfast-contract/1',
    contract: 'held/1.0.0',
    date: '2026-11-28',
    tools: { shell },
    ...change,
  });
const held = (change: object = {}): Enforcement => compileEnforcement(contractOf(change), [tool]);

describe('a contract that is held', () => {
  it.each([
    [{ command: 'ls' }, null],
    [{ command: 'ls', cwd: '/' }, null],
    [{}, 'command is missing'],
    [{ command: 'ls', user: 'root' }, 'there is no argument user'],
    ['ls', 'the input is no object'],
  ])('lets the call %j in: %s', (input, problem) => {
    const call = (): void => held().checkCall('shell', input);
    if (problem === null) expect(call).not.toThrow();
    else expect(call).toThrow(problem);
  });

  it('raises unclassified for an answer it does not know', () => {
    expect(() => held().checkAnswer('shell', { reason: 'exited', stdout: '' })).not.toThrow();
    expect(() => held().checkAnswer('shell', { reason: 'oom', stdout: '' })).toThrow(
      'reason is "oom", which the contract',
    );
    expect(() => held().checkAnswer('shell', { reason: 'exited' })).toThrow('stdout is missing in its answer');
    expect(() => held().checkAnswer('other', {})).not.toThrow();
  });

  it.each([
    [{ tools: { shell: { ...shell, timing: 'async' } } }, 'tools.shell.timing'],
    [{ tools: { shell, browser: shell } }, 'tools.browser'],
    [
      { tools: { shell: { ...shell, arguments: { ...shell.arguments, user: 'optional' } } } },
      'tools.shell.arguments.user',
    ],
    [{ tools: { shell: { ...shell, schemas: `sha256:${'0'.repeat(64)}` } } }, 'tools.shell.schemas'],
    [{ output: { capBytes: 1_000_000, strategy: 'tail', marker: 'x' } }, 'output.capBytes'],
  ])('is refused with the field when nothing here can hold it: %j', (change, field) => {
    expect(() => held(change)).toThrow(expect.objectContaining({ code: 'capability-missing', details: { field } }));
  });

  it('holds the schemas of a tool as they were when it was made', () => {
    const { schemas } = toolTerms([tool])['shell'] ?? {};
    const tools = { shell: { ...shell, schemas } };
    expect(held({ tools }).contract.tools['shell']?.schemas).toBe(schemas);
    const properties = { command: { maxLength: 10 }, cwd: {} };
    const tighter = { ...tool, input: { properties, required: ['command'], additionalProperties: false } };
    expect(() => compileEnforcement(contractOf({ tools }), [tighter])).toThrow(
      expect.objectContaining({ code: 'capability-missing', details: { field: 'tools.shell.schemas' } }),
    );
  });

  it('speaks of failures in its own words, and of unknown ones as unclassified', () => {
    const failures = [
      {
        code: 'busy',
        layer: 'tool',
        template: 'try later ({message})',
        rate: 0.1,
        retryable: false,
        sideEffect: 'none',
        hint: 'Wait.',
      },
    ];
    const { normalise } = held({ failures });
    const busy = normalise(new HoldfastError('busy', '$& too much', { hint: 'other' }));
    expect(busy).toMatchObject({ retryable: false, error: { message: 'try later ($& too much)', hint: 'Wait.' } });
    const unknown = normalise(new HoldfastError('sandbox-died', 'gone', { fault: 'injected' }));
    expect(unknown.error).toMatchObject({ code: 'unclassified', fault: 'injected', details: { code: 'sandbox-died' } });
    // What the caller did wrong is said as it is,
    const own = new HoldfastError('invalid-argument', 'command is missing');
    expect(normalise(own).error).toBe(own);
  });

  it('says what the caller did wrong, and what it knows of the way there, in the words it has for it', () => {
    const term = { layer: 'tool', rate: 1, retryable: false, sideEffect: 'none' };
    const failures = [
      { ...term, code: 'file-not-found', template: 'no such file ({message})' },
      { ...term, code: 'sandbox-died', template: 'the sandbox ended' },
    ];
    const { normalise } = held({ failures });
    const { error } = normalise(new HoldfastError('file-not-found', '/x is not there'));
    expect(error).toMatchObject({ message: 'no such file (/x is not there)', fault: 'caller', details: undefined });
    const died = normalise(new HoldfastError('sandbox-died', 'pid 4711 is gone', { details: { pid: 4711 } }));
    expect(died.error).toMatchObject({
      message: 'the sandbox ended',
      details: { pid: 4711, said: 'pid 4711 is gone' },
    });
  });

  describe('with several failures of one code', () => {
    const term = { code: 'busy', rate: 1, retryable: false, sideEffect: 'none' };
    const own = { ...term, layer: 'tool', template: 'the sandbox is busy' };
    const deeper = { ...term, layer: 'exec', template: 'no free process', retryable: true };
    const free = { ...term, layer: 'tool', template: 'whatever it says', level: 'free' };
    const saidBy = (...failures: object[]) => {
      const { error, retryable } = held({ failures }).normalise(new HoldfastError('busy', 'too much'));
      return [error.code, error.message, retryable];
    };

    it('says that of the tools, wherever it stands', () => {
      for (const failures of [
        [own, deeper],
        [deeper, own],
      ])
        expect(saidBy(...failures)).toEqual(['busy', 'the sandbox is busy', false]);
      expect(saidBy(deeper)).toEqual(['busy', 'no free process', true]);
    });

    it('holds nothing to what is free, and knows it', () => {
      expect(saidBy(free)).toEqual(['busy', 'too much', true]);
      expect(saidBy(free, deeper)).toEqual(['busy', 'no free process', true]);
      expect(saidBy()).toEqual(['unclassified', expect.stringContaining('too much'), false]);
    });

    it.each([
      ['two texts of the tools', [own, { ...own, template: 'come back later' }], 'failures.tool.busy'],
      ['two layers, neither of them the tools', [deeper, { ...deeper, layer: 'network' }], 'failures.network.busy'],
    ])('is refused with the field where they cannot be told apart: %s', (_, failures, field) => {
      expect(() => held({ failures })).toThrow(
        expect.objectContaining({ code: 'capability-missing', details: { field } }),
      );
    });
  });

  it('asks of an answer of several shapes what its shape has', () => {
    const files = {
      ...shell,
      arguments: {},
      closed: false,
      answers: ['action', 'read.content', 'write.sizeBytes'],
      values: { action: ['read', 'write'] },
    };
    const shape = (action: string, field: string) => ({
      properties: { action: { const: action }, [field]: {} },
    });
    const described = {
      ...tool,
      name: 'files',
      input: {},
      output: { oneOf: [shape('read', 'content'), shape('write', 'sizeBytes')] },
    };
    const { checkAnswer } = compileEnforcement(contractOf({ tools: { files } }), [described]);
    expect(() => checkAnswer('files', { action: 'read', content: '' })).not.toThrow();
    expect(() => checkAnswer('files', { action: 'write', content: '' })).toThrow('write.sizeBytes is missing');
    expect(() => checkAnswer('files', { action: 'burn' })).toThrow('action is "burn"');
    const other = { ...described, output: { oneOf: [shape('read', 'text'), shape('write', 'sizeBytes')] } };
    expect(() => compileEnforcement(contractOf({ tools: { files } }), [other])).toThrow(
      expect.objectContaining({ details: { field: 'tools.files.answers.read.content' } }),
    );
  });

  it('gives every process the locale and the zone that it promises, and takes what it does not', () => {
    const fields = (more: object): object => ({ fields: more });
    expect(held(fields({ 'environment.zone': { value: 'Asia/Tokyo' } })).environment).toEqual({ TZ: 'Asia/Tokyo' });
    const locale = held(fields({ 'environment.locale': { value: 'LANG=C LC_ALL=de_DE.UTF-8' } })).environment;
    expect(locale).toMatchObject({ LANG: 'C', LC_ALL: 'de_DE.UTF-8', LC_CTYPE: null });
    expect(held(fields({ 'environment.locale': { value: 'none' } })).environment).toMatchObject({ LANG: null });
    expect(held(fields({ 'environment.locale': { level: 'range', oneOf: ['LANG=C'] } })).environment).toEqual({});
  });

  it.each([
    ['head', 'abcd[6]'],
    ['tail', '[6]ghij'],
    ['head-tail', 'ab[6]ij'],
  ])('cuts output at its %s', (strategy, expected) => {
    const big = (text: string): string => text.repeat(100);
    const { cut } = held({ output: { capBytes: 400, strategy, marker: '[{bytes}]' } });
    const text = [...'abcdefghij'].map(big).join('');
    const shown = cut({ stdout: text, stderr: 'short', stdoutCutBytes: 0 }) as {
      stdout: string;
      stdoutCutBytes: number;
    };
    expect(shown.stdout.replace(/(.)\1{99}/g, '$1')).toBe(expected.replace('6', '600'));
    expect(shown.stdoutCutBytes).toBe(600);
  });

  it('replaces the marker of a tool that has cut already', () => {
    const { cut } = held({ output: { capBytes: 256, strategy: 'tail', marker: '<{bytes}>' } });
    const stdout = `${'a'.repeat(300)}\n[... 1000 bytes cut here ...]\n${'b'.repeat(300)}`;
    expect(cut({ stdout, stdoutCutBytes: 1000 })).toEqual({ stdout: `<1344>${'b'.repeat(256)}`, stdoutCutBytes: 1344 });
  });

  it('never cuts a character in two, and counts every byte', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 200, maxLength: 700 }),
        fc.constantFrom('head', 'tail', 'head-tail'),
        (stdout, strategy) => {
          const { cut } = held({ output: { capBytes: 256, strategy, marker: '\u0000' } });
          const shown = cut({ stdout, stdoutCutBytes: 0 }) as { stdout: string; stdoutCutBytes: number };
          const kept = Buffer.byteLength(shown.stdout.replace('\u0000', ''));
          if (shown.stdoutCutBytes === 0) expect(shown.stdout).toBe(stdout);
          else expect(kept + shown.stdoutCutBytes).toBe(Buffer.byteLength(stdout));
          expect(kept).toBeLessThanOrEqual(Math.max(256, Buffer.byteLength(stdout)));
          expect(shown.stdout.isWellFormed()).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('draws a least time from the envelope, the same for the same call', () => {
    const term = { class: 'quick', floorMs: 20, p50Ms: [100, 300], p99Ms: [400, 900] };
    const { leastMs } = held({ latency: { 'tools.shell': term } });
    const drawn = Array.from({ length: 500 }, (_, at) => leastMs('shell', `cal-${at}`)).sort(
      (one, other) => one - other,
    );
    expect(drawn[0]).toBeGreaterThanOrEqual(20);
    expect(drawn[250]).toBeGreaterThan(85);
    expect(drawn[250]).toBeLessThan(130);
    expect(drawn.at(-1)).toBeLessThanOrEqual(400);
    expect(leastMs('shell', 'cal-1')).toBe(leastMs('shell', 'cal-1'));
    expect(held().leastMs('shell', 'cal-1')).toBe(0);
  });
});
