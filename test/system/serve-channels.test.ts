/** A daemon that was started with channels has them: one message over HTTP, and its answer. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runCli } from '../fixtures/cli.ts';

const home = mkdtempSync(join(tmpdir(), 'hf-serve-'));
const socketPath = join(home, 'run/holdfastd.sock');
const examples = join(import.meta.dirname, '../../examples');
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** @param enough ends it before its end */
function ask(
  method: string,
  path: string,
  { body, token, enough = () => false }: { body?: unknown; token?: string; enough?: (text: string) => boolean } = {},
): Promise<{ status: number; text: string }> {
  const headers = {
    host: 'localhost',
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, headers }, (response) => {
      let text = '';
      const done = (): void => resolve({ status: response.statusCode ?? 0, text });
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
        if (!enough(text)) return;
        done();
        response.destroy();
      });
      response.on('end', done);
      response.on('error', () => undefined);
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

it('leads people to its agents, beside agents that it knows by name', async () => {
  const file = join(home, 'channels.yaml');
  writeFileSync(
    file,
    `agents: ${join(examples, 'agents/desk.yaml')}\nchannels:\n  - { name: site, kind: web, agent: desk, carries: personal }\n`,
  );
  let send: (signal: NodeJS.Signals) => void = () => undefined;
  const serving = runCli(['serve', '--channels', file, '--agents', join(examples, 'agents/research.yaml')], null, {
    environment: { HOLDFAST_HOME: home, PATH: process.env['PATH'] ?? '' },
    onSignals: (given) => {
      send = given;
    },
  });
  await expect
    .poll(
      () =>
        ask('GET', '/v1/version').then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 20_000 },
    )
    .toBe(200);
  try {
    const made = await ask('POST', '/v1/channels/site/tokens', { body: { person: 'ada' } });
    expect(made.status).toBe(201);
    const { token } = JSON.parse(made.text) as { token: string };
    const body = { text: 'Where is my refund?', id: 'm1' };
    expect(await ask('POST', '/v1/chat/default/site/messages', { token, body })).toMatchObject({ status: 200 });
    const events = await ask('GET', '/v1/chat/default/site/events', {
      token,
      enough: (text) => text.includes('Your refund is on its way'),
    });
    expect(events.text).toContain('You are talking to an automated assistant');
    const started = await ask('POST', '/v1/sessions', { body: { agent: 'nobody', message: 'x' } });
    expect(started.text).toMatch(/Known are: .*desk/);
    expect(started.text).toMatch(/Known are: .*research/);
  } finally {
    send('SIGTERM');
    expect((await serving).status).toBe(0);
  }
}, 60_000);
