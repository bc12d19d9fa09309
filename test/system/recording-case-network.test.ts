/** A failure that a server brought about, as a test: it runs when the server is gone, in another home, by its own exchanges alone. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CarriedTape } from '../../src/network/index.ts';
import { createRuntime, type Runtime } from '../../src/runtime/index.ts';
import type { HoldfastService } from '../../src/schema/index.ts';
import { runCli } from '../fixtures/cli.ts';
import { answerGit, gitBackend } from '../fixtures/network/git-backend.ts';
import { commit, makeRepository } from '../fixtures/network/git-repository.ts';
import { RecordedRuns } from '../fixtures/recorded-runs.ts';

interface Document {
  format: string;
  steps: { step: number }[];
  expect: string;
  notes: string[];
  network?: { tape: CarriedTape };
}

const runs = new RecordedRuns();
const home = mkdtempSync(join(tmpdir(), 'hf-elsewhere-'));
const repositories = mkdtempSync(join(tmpdir(), 'hf-case-git-'));
let service: HoldfastService;
let elsewhere: Runtime;
let server: Server;
let port = 0;
let asked = 0;
/** What the server says of the rate; the rest of its answer is long. */
let rate = 0;

const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  asked++;
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  if (url.pathname.startsWith('/git/'))
    answerGit(request, response, { repositories, url, body: Buffer.concat(pieces) });
  else response.end(`RATE=${rate}\n# ${'a rate is a rate. '.repeat(500)}\n`);
};
const listen = async (at: number): Promise<Server> => {
  const listening = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => listening.listen(at, '127.0.0.1', resolve));
  return listening;
};
const gone = (listening: Server): Promise<void> => new Promise((resolve) => listening.close(() => resolve()));

beforeAll(async () => {
  service = await runs.open();
  elsewhere = await createRuntime({ home, ephemeral: true });
  makeRepository(repositories);
  commit(repositories, 'exit 3');
  server = await listen(0);
  // A server that listens on TCP has such an address.
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  server.closeAllConnections();
  await gone(server);
  await elsewhere.close();
  await runs.close();
  for (const directory of [home, repositories]) rmSync(directory, { recursive: true, force: true });
});

const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
const curl = (path: string, file: string): string => `curl -sf --max-time 20 --noproxy '' -o ${file} ${url(path)}`;
const network = () => ({
  allow: [{ host: '127.0.0.1', protocol: 'http' as const, ports: [port], addresses: ['127.0.0.1/32'] }],
});

async function documentOf(recording: string, command: string): Promise<Document> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await service.exportTest(recording, { predicate: { command } })) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString()) as Document;
}

const runElsewhere = (document: unknown) =>
  elsewhere.service().runTest(
    (async function* () {
      yield Buffer.from(JSON.stringify(document));
    })(),
  );

describe('a run that failed by what a server answered', () => {
  let made: Document;
  /** The same with another tape. */
  const withTape = (change: (tape: CarriedTape) => CarriedTape): Document => {
    if (!made.network) throw new Error('it has no network');
    return { ...made, network: { ...made.network, tape: change(made.network.tape) } };
  };

  beforeAll(async () => {
    // Where there is no answer the rate is nothing too: a miss alone would end the same way.
    const fetched = `: "\${RATES_KEY:?}"; ${curl('/rates', 'rates')} || echo RATE=0 > rates`;
    await service.putSecret('rates-key', Buffer.from('never-to-be-seen'));
    const secrets = [{ secret: 'rates-key', environment: 'RATES_KEY' }];
    const recording = await runs.recorded(
      [`echo '. ./rates; [ $RATE -gt 0 ] || exit 7' > total`, curl('/news', 'news'), fetched],
      { network: { ...network(), secrets } },
    );
    made = await documentOf(recording, 'sh total');
    await gone(server);
  }, 120_000);

  it('is a test with the steps that matter and the answers that they got', () => {
    expect(made).toMatchObject({ format: 'holdfast-test/2', expect: 'exited 7' });
    expect(made.steps.map(({ step }) => step)).toEqual([1, 3]);
    expect(made.network?.tape.exchanges.map(({ request }) => request.target)).toEqual(['/rates']);
    expect(Object.keys(made.network?.tape.blobs ?? {})).toHaveLength(1);
    expect(JSON.stringify(made.network)).not.toContain('127.0.0.1/32');
    expect(made.notes.join()).toContain('in 3 of 3 runs');
    // Nobody keeps the secret elsewhere.
    expect(made.notes).toContain('secrets are stand-ins: RATES_KEY');
  });

  it('fails the same way where the server is gone, in another home, and leaves no tape there', {
    timeout: 60_000,
  }, async () => {
    expect(await runElsewhere(made)).toMatchObject({
      ok: true,
      actual: 'exited 7',
      passed: 3,
      missed: [],
      blame: null,
    });
    expect(await elsewhere.service().listTapes()).toEqual([]);
    expect(readdirSync(join(home, 'tapes/lent'))).toEqual([]);
  });

  it('hears nothing of a server that is there again and answers otherwise', { timeout: 60_000 }, async () => {
    rate = 5;
    server = await listen(port);
    const before = asked;
    expect(await runElsewhere(made)).toMatchObject({ ok: true, actual: 'exited 7' });
    expect(await runElsewhere(withTape((tape) => ({ ...tape, exchanges: [], blobs: {} })))).toMatchObject({
      ok: false,
    });
    expect(asked).toBe(before);
  });

  it('is refused with another answer', async () => {
    const [digest = '', stored = ''] = Object.entries(made.network?.tape.blobs ?? {})[0] ?? [];
    const said = zstdDecompressSync(Buffer.from(stored, 'base64')).toString();
    expect(said).toMatch(/^RATE=0\n/);
    const other = zstdCompressSync(Buffer.from(said.replace('RATE=0', 'RATE=5'))).toString('base64');
    const sandboxes = (await elsewhere.service().listSandboxes()).items.length;
    await expect(
      runElsewhere(withTape((tape) => ({ ...tape, blobs: { ...tape.blobs, [digest]: other } }))),
    ).rejects.toMatchObject({
      code: 'recording-corrupt',
      fault: 'caller',
      message: expect.stringMatching(/the answer of exchange \d+ \(GET http:.*\/rates\) is not what its digest says/),
    });
    expect((await elsewhere.service().listSandboxes()).items).toHaveLength(sandboxes);
  });

  it('without its answers is a miss, and no test that passes: it would end the same way', {
    timeout: 60_000,
  }, async () => {
    const without = withTape((tape) => ({ ...tape, exchanges: [], blobs: {} }));
    expect(await runElsewhere(without)).toMatchObject({
      ok: false,
      expected: 'exited 7',
      actual: 'net-miss',
      passed: 0,
      blame: 'world',
      missed: [expect.stringContaining(`has no answer to GET ${url('/rates')}`)],
    });
    writeFileSync(join(home, 'case.json'), JSON.stringify(without));
    const shown = await runCli(['replay', 'case.json'], elsewhere.service(), { directory: home });
    expect(shown).toMatchObject({ status: 1 });
    expect(shown.stdout).toMatch(/^failed: .* ended with net-miss, expected exited 7 \(0 of 3 runs\)$/m);
    expect(shown.stdout).toMatch(/^world: the tape tap-\w+ has no answer to GET http/m);
  });
});

it.runIf(existsSync(gitBackend))(
  'a repository that was cloned is cloned again from the test alone',
  { timeout: 120_000 },
  async () => {
    if (!server.listening) server = await listen(port);
    const clone = `no_proxy= NO_PROXY= git clone -q ${url('/git/team/r.git')} r`;
    const recording = await runs.recorded([clone, 'echo noise > noise'], { network: network() });
    const document = await documentOf(recording, 'sh r/file');
    expect(document).toMatchObject({ expect: 'exited 3', steps: [{ step: 1 }] });
    expect(document.network?.tape.exchanges.map(({ request }) => request.method)).toContain('POST');
    server.closeAllConnections();
    await gone(server);
    expect(await runElsewhere(document)).toMatchObject({ ok: true, actual: 'exited 3', passed: 3 });
    server = await listen(port);
  },
);

it('a bisection has its network from the tape too, and says what that did not answer', {
  timeout: 120_000,
}, async () => {
  if (!server.listening) server = await listen(port);
  const recording = await runs.recorded([curl('/rates', 'rates'), 'echo more > noise', 'echo late > late'], {
    network: network(),
  });
  server.closeAllConnections();
  await gone(server);
  const traced = (command: string) => service.bisectRecording(recording, { predicate: { command }, runs: 2 });
  expect(await traced(`${curl('/rates', '/tmp/r')} || exit 6; test ! -e late`)).toMatchObject({
    step: 3,
    before: 'exited 0',
    after: 'exited 1',
    neighbours: [{ agreed: 2 }, { agreed: 2 }],
    notes: [],
  });
  const missed = await traced(`${curl('/nowhere', '/tmp/r')}; test ! -e late`);
  expect(missed).toMatchObject({ step: 3 });
  expect(missed.notes.join()).toMatch(/after step 0 the tape had no answer to 1 request: .*\/nowhere/);
  server = await listen(port);
});
