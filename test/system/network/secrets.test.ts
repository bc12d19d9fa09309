/** One secret through a busy run: the server gets it where it was declared; it is found nowhere else, in no spelling. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Box } from '../../../src/client/index.ts';
import {
  type HoldfastEvent,
  type NetworkFlow,
  type NetworkPolicyInput,
  type RecordingFormat,
  recordingFormats,
  type SecretPosition,
} from '../../../src/schema/index.ts';
import { canarySecret } from '../../fixtures/network/canary-secret.ts';
import { sh, until } from '../../fixtures/network/holding.ts';
import { type Inside, openInside } from '../../fixtures/network/inside.ts';
import { openWorld, type World, worldMissing } from '../../fixtures/network/world.ts';

const positions: SecretPosition[] = [
  { kind: 'header', name: 'authorization' },
  { kind: 'basic' },
  { kind: 'query', name: 'token' },
  { kind: 'json', pointer: '/a/key' },
];
const policy: NetworkPolicyInput = {
  allow: [
    {
      host: 'friend.test',
      methods: ['GET', 'POST'],
      paths: ['/echo', '/redirect', '/told'],
      credentials: positions.map((position) => ({ secret: 'canary', position })),
    },
    { host: 'friend.test', paths: ['/other/**'], methods: ['GET', 'POST'] },
    { host: 'friend.test', paths: ['/echo'], methods: ['PUT'] },
    { host: 'friend.test', protocol: 'http' },
    { host: 'friend.test', protocol: 'tcp', ports: [9418] },
    { host: 'b.friend.test', mediate: true },
    { host: '*.friend.test' },
  ],
  secrets: [{ secret: 'canary', environment: 'CANARY' }],
  tape: { mode: 'record', name: 'busy' },
};
const say = readFileSync(join(import.meta.dirname, '../../fixtures/network/say.py'), 'utf8');
const bearer = '-H "Authorization: Bearer $CANARY"';
const echo = 'https://friend.test/echo';

/** What is asked with the secret where it belongs. */
const proper = [
  `curl -si ${bearer} ${echo}`,
  `curl -si --http1.1 ${bearer} ${echo}`,
  `curl -si ${bearer} '${echo}?coding=gzip' --compressed`,
  `curl -s ${bearer} '${echo}?coding=gzip' | cat`,
  `curl -si --http1.1 ${bearer} '${echo}?pieces'`,
  `curl -si ${bearer} '${echo}?pieces'`,
  `curl -si ${bearer} '${echo}?status=500'`,
  `curl -si ${bearer} https://friend.test/redirect`,
  `curl -siL ${bearer} https://friend.test/redirect?to=/echo`,
  `curl -si -u "user:$CANARY" ${echo}`,
  `curl -si -u "$CANARY:" ${echo}`,
  `curl -si "${echo}?token=$CANARY&other=1"`,
  `curl -si -H 'content-type: application/json' -d '{"a":{"key":"'$CANARY'"},"b":1}' ${echo}`,
  `curl -siv ${bearer} --noproxy '*' ${echo}`,
];

/** Where it does not belong: answered 403, and told. */
const improper: Record<string, string> = {
  'another host': `curl -si ${bearer} https://b.friend.test/echo`,
  'another method': `curl -si -X PUT ${bearer} ${echo}`,
  'another path': `curl -si ${bearer} https://friend.test/other/echo`,
  'another header': `curl -si -H "X-Other: $CANARY" ${echo}`,
  "a header's name": `curl -si -H "$CANARY: x" ${echo}`,
  'another parameter': `curl -si "${echo}?other=$CANARY"`,
  "a parameter's name": `curl -si "${echo}?$CANARY=1"`,
  'a body': `curl -si -d "a=$CANARY" ${echo}`,
  'another key of JSON': `curl -si -H 'content-type: application/json' -d '{"a":{"other":"'$CANARY'"}}' ${echo}`,
  'the path': `curl -si "https://friend.test/other/$CANARY"`,
  'base64 in its header': `curl -si -H "Authorization: Bearer $(printf %s "$CANARY" | base64 -w0)" ${echo}`,
  'base64 in a body': `curl -si -d "$(printf 'xy%s' "$CANARY" | base64 -w0)" ${echo}`,
  'hexadecimal in a header': `curl -si -H "X-Other: $(printf %s "$CANARY" | od -An -tx1 | tr -d ' \\n')" ${echo}`,
  'plain http': `curl -si ${bearer} http://friend.test/echo`,
};

describe.skipIf(worldMissing() !== null)('a secret', { timeout: 240_000 }, () => {
  let world: World;
  let inside: Inside;
  let box: Box;
  const canary = canarySecret();
  const events: HoldfastEvent[] = [];
  /** All that anything inside printed. */
  const printed: string[] = [];
  const run = async (script: string): Promise<string> => {
    const text = await sh(box, script);
    printed.push(text);
    return text;
  };
  async function followed(): Promise<void> {
    try {
      for await (const event of inside.service.events()) events.push(event);
    } catch {
      // The daemon has ended.
    }
  }
  const speak = (host: string, ...parts: string[]): Promise<string> =>
    run(`python3 -c ${quoted(say)} ${host} ${parts.map(quoted).join(' ')}`);
  const heard = (text: string, from = 0): boolean =>
    JSON.stringify(world.friend.arrivals.slice(from)).includes(JSON.stringify(text).slice(1, -1));

  beforeAll(async () => {
    world = await openWorld();
    inside = await openInside(world, ['--log-level', 'debug']);
    void followed();
    await inside.service.putSecret('canary', Buffer.from(canary.value));
    box = await inside.boxes.create({ network: policy, record: { name: 'busy' } });
  });
  afterAll(async () => {
    await inside?.[Symbol.asyncDispose]();
    await world?.[Symbol.asyncDispose]();
  });

  it('reaches its server where it was declared, and comes back as its placeholder', async () => {
    for (const script of proper) {
      const before = world.friend.arrivals.length;
      const answer = await run(script);
      expect(answer, script).toMatch(/hfs_|aGZz/);
      const sent = JSON.stringify(world.friend.arrivals.slice(before));
      const basic = script.includes('-u ')
        ? Buffer.from(/-u "user/.test(script) ? `user:${canary.value}` : `${canary.value}:`)
        : null;
      expect(
        [
          canary.value,
          encodeURIComponent(canary.value),
          JSON.stringify(canary.value).slice(1, -1),
          basic?.toString('base64') ?? canary.value,
        ].some((spelled) => sent.includes(JSON.stringify(spelled).slice(1, -1))),
        `${script}: ${sent}`,
      ).toBe(true);
    }
    const upgrade =
      'Connection: Upgrade\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
    const told = await speak(
      'friend.test',
      `GET /told HTTP/1.1\\r\\nHost: friend.test\\r\\nAuthorization: Bearer $CANARY\\r\\n${upgrade}\\r\\n\\r\\n`,
      '\\x81\\x85\\0\\0\\0\\0hello',
    );
    expect(told).toContain('you said Bearer hfs_');
    expect(told).toContain('hello');
  });

  it.each(Object.entries(improper))('is refused in %s, and the refusal told', async (_, script) => {
    const before = world.friend.arrivals.length;
    const answer = await run(script);
    expect(answer).toMatch(/^HTTP\/[12.]+ 403/m);
    expect(answer).toContain('secret-misplaced');
    expect(heard(canary.value, before)).toBe(false);
    expect(heard('hfs_', before)).toBe(false);
  });

  it('is refused in trailers and in WebSocket messages, whole or in fragments', async () => {
    const before = world.friend.arrivals.length;
    const trailer =
      'POST /echo HTTP/1.1\\r\\nHost: friend.test\\r\\nTransfer-Encoding: chunked\\r\\nTrailer: x\\r\\n\\r\\n2\\r\\nhi\\r\\n0\\r\\nX: $CANARY\\r\\n\\r\\n';
    expect(await speak('friend.test', trailer)).not.toContain('HTTP/1.1 200');
    const upgrade =
      'GET /told HTTP/1.1\\r\\nHost: friend.test\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\n\\r\\n';
    await speak('friend.test', upgrade, '\\x81\\x9e\\0\\0\\0\\0$CANARY');
    const halves = (await run('echo $CANARY')).match(/.{15}/g) ?? [];
    await speak('friend.test', upgrade, `\\x01\\x8f\\0\\0\\0\\0${halves[0]}\\x80\\x8f\\0\\0\\0\\0${halves[1]}`);
    expect(heard('hfs_', before)).toBe(false);
    expect(heard(canary.value, before)).toBe(false);
  });

  it('stays a placeholder where nobody reads: split in two, in a tunnel, over tcp', async () => {
    const before = world.friend.arrivals.length;
    await run(`curl -s -H "X-One: $(echo $CANARY | cut -c1-15)" -H "X-Two: $(echo $CANARY | cut -c16-)" ${echo}`);
    await run(`curl -s ${bearer} https://c.friend.test/echo`);
    await run(
      "python3 -c \"import os, socket; s = socket.create_connection(('friend.test', 9418)); s.sendall(os.environ['CANARY'].encode() + b'\\n'); print(s.recv(99))\"",
    );
    await until(() => heard('hfs_', before), 'the placeholder arrives');
    expect(heard(canary.value, before)).toBe(false);
  });

  it('is found nowhere but where it belongs', async () => {
    const flows = await collected(inside.service.networkFlows(box.id));
    expect(flows.filter(({ decision }) => decision.code === 'secret-misplaced').length).toBeGreaterThan(14);
    expect(flows.filter(({ secrets }) => secrets.includes('canary')).length).toBeGreaterThanOrEqual(proper.length);
    await box.start([
      'python3',
      '-c',
      `import os, time; answer = os.popen('curl -s ${bearer.replaceAll('"', '\\"')} ${echo}').read(); time.sleep(600)`,
    ]);
    await until(() => processes().some(({ command }) => command.includes('time.sleep(600)')), 'it runs');
    await box.snapshot();
    // Steps as an agent makes them; and a model that was told the value, which it should not have been, and says it again.
    await inside.service.callTool(box.id, { tool: 'shell', input: { command: `curl -s ${bearer} ${echo}; env` } });
    const [asked, answered] = [`use ${canary.value}`, { text: `as you wish: ${canary.value}` }];
    // As others write it down, and as our own sessions do.
    const prompt = [{ role: 'user', content: [{ type: 'text', text: asked }] }];
    for (const [request, response] of [
      [{ messages: [{ role: 'user', content: asked }] }, answered],
      [{ model: 'a-model', prompt, maxOutputTokens: 9 }, [{ type: 'text', ...answered }]],
    ]) {
      await inside.service.recordEvent(box.id, { type: 'model-call', model: 'a-model', request, response });
    }
    const isTold = (type: HoldfastEvent['type']): boolean => events.some((event) => event.type === type);
    await until(() => isTold('snapshot-created') && isTold('network-denied'), 'the events come');
    const told: Record<string, unknown> = {
      printed,
      flows,
      events,
      journal: await inside.service.journal({ limit: 1000 }),
      sandbox: await inside.service.getSandbox(box.id),
      secrets: await inside.service.listSecrets(),
      tapes: await inside.service.listTapes(),
      har: await harOf(inside),
      ...(await exportsOf(inside, box)),
      log: readFileSync(inside.logPath, 'utf8'),
    };
    for (const [where, what] of Object.entries(told)) {
      expect(JSON.stringify(what).length, where).toBeGreaterThan(10);
      expect(canary.in(typeof what === 'string' ? what : JSON.stringify(what)), where).toEqual([]);
    }
    expect(await inBundle(inside, (directory) => canary.below(directory))).toEqual([]);
    expect(canary.below(inside.home)).toEqual([]);
    for (const { pid, command, environment } of processes()) {
      expect(canary.in(command + environment), `process ${pid}`).toEqual([]);
    }
  });

  it('would be found: packed in a tape, or in the middle of something encoded', () => {
    const directory = mkdtempSync(join(tmpdir(), 'hf-planted-'));
    try {
      writeFileSync(
        join(directory, 'packed'),
        zstdCompressSync(Buffer.from(randomBytes(2048).toString('hex') + canary.value)),
      );
      writeFileSync(join(directory, 'encoded'), Buffer.from(`..${canary.value}..`).toString('base64'));
      // What cannot be packed stands in it as it is: so there is something before the value that can be.
      const tail = Buffer.from(randomBytes(200_000).toString('hex') + canary.value);
      const large = Buffer.concat([randomBytes(17 * 1024 * 1024), tail]);
      writeFileSync(join(directory, 'large'), zstdCompressSync(large));
      writeFileSync(join(directory, 'twice'), zstdCompressSync(gzipSync(canary.value)));
      writeFileSync(join(directory, 'other'), 'nothing');
      const [encoded, ...unpacked] = ['encoded', 'packed', 'large', 'twice'].map((name) => join(directory, name));
      expect(canary.below(directory).sort()).toEqual([encoded, ...unpacked.map((path) => `${path}, unpacked`)].sort());
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  // Where gdb is not installed there is nothing to write a core with.
  it.skipIf(!existsSync('/usr/bin/gcore'))('is in no core of a process inside', () => {
    const within = processes().filter(({ command }) => command.includes('time.sleep(600)'));
    expect(within.length).toBeGreaterThan(0);
    const directory = mkdtempSync(join(tmpdir(), 'hf-core-'));
    try {
      for (const { pid } of within)
        execFileSync('gcore', ['-o', join(directory, 'core'), String(pid)], { stdio: 'ignore' });
      expect(readdirSync(directory)).toHaveLength(within.length);
      expect(canary.below(directory)).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it('goes into no core of gateway and daemon, and what runs inside may leave one', async () => {
    for (const pid of [inside.gatewayPid(), inside.daemonPid()])
      expect(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8').trim()).toBe('00000000');
    // What runs inside may leave one: it holds no secret.
    const { stdoutText } = await box.exec(['cat', '/proc/self/coredump_filter']);
    expect(stdoutText.trim()).not.toBe('00000000');
  });
});

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

interface Process {
  pid: string;
  command: string;
  environment: string;
}

function processes(): Process[] {
  const read = (path: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid, command: read(`/proc/${pid}/cmdline`), environment: read(`/proc/${pid}/environ`) }));
}

async function collected(flows: AsyncIterable<NetworkFlow>): Promise<NetworkFlow[]> {
  const found: NetworkFlow[] = [];
  for await (const flow of flows) found.push(flow);
  return found;
}

/** Of the recording, in every format that is text. */
async function exportsOf(inside: Inside, box: Box): Promise<Record<string, string>> {
  await inside.service.stopRecording(box.id);
  const formats = recordingFormats.filter((format) => format !== 'bundle');
  const texts = await Promise.all(formats.map((format) => exported(inside, format)));
  return Object.fromEntries(
    formats.map((format, at) => [`recording as ${format}`, texts[at]?.toString('latin1') ?? '']),
  );
}

async function exported(inside: Inside, format: RecordingFormat): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await inside.service.exportRecording('busy', format)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The bundle as whoever gets it finds it on his disk. */
async function inBundle<T>(inside: Inside, look: (directory: string) => T): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'hf-bundle-'));
  try {
    execFileSync('tar', ['-xf', '-', '-C', directory], { input: await exported(inside, 'bundle') });
    expect(readdirSync(directory).length).toBeGreaterThan(0);
    return look(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function harOf(inside: Inside): Promise<string> {
  let text = '';
  for await (const piece of await inside.service.exportTape('busy')) text += Buffer.from(piece).toString('latin1');
  return text;
}
