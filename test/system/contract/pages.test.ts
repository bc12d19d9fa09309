/** The pages as a person opens them: in a real browser, where there is one. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser, noBrowser } from '../../fixtures/browser.ts';
import { runCli } from '../../fixtures/cli.ts';
import { contractFiles } from '../../fixtures/contract-files.ts';

const pages = ['profile.html', 'diff.html', 'shift.html', 'gate.html', 'certificates/training/page.html'];

describe.skipIf(noBrowser !== null)(`pages in a browser${noBrowser === null ? '' : ` (skipped: ${noBrowser})`}`, () => {
  let directory = '';
  let server: Server;
  const asked: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hf-pages-'));
    for (const [name, text] of Object.entries(contractFiles())) await writeFile(join(directory, name), text);
    const html = (name: string): string[] => ['--html', join(directory, name)];
    for (const words of [
      ['profile', 'show', join(directory, 'training.json'), ...html('profile.html')],
      ['contract', 'diff', 'contract.yaml', 'next.yaml', ...html('diff.html')],
      ['shift', 'training.json', 'production.json', ...html('shift.html')],
      ['contract', 'verify', 'contract.yaml', '--profile', 'training.json', '--as', 'training'],
      ['contract', 'verify', 'contract.yaml', '--profile', 'production.json', '--as', 'production'],
      ['can-i-ship', ...html('gate.html')],
    ])
      await runCli(words, null, { directory });
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      readFile(join(directory, request.url ?? '')).then(
        (text) => response.setHeader('content-type', 'text/html').end(text),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });
  afterAll(async () => {
    await new Promise((done) => server?.close(done));
    await rm(directory, { recursive: true, force: true });
  });

  it('are drawn, fit a window, ask for nothing else and run no script', { timeout: 120_000 }, async () => {
    await using browser = await Browser.start();
    // What a listener of server.listen has.
    const { port } = server.address() as AddressInfo;
    for (const page of pages) {
      asked.length = 0;
      await browser.open(`http://127.0.0.1:${port}/${page}`);
      await browser.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
      const shapes = "document.querySelectorAll('svg.plot polygon, svg.plot circle, svg.plot rect')";
      const boxes = `[...${shapes}].map((one) => one.getBoundingClientRect()).every((box) => Number.isFinite(box.x) && box.height > 0)`;
      expect([page, await browser.evaluate(`${shapes}.length > 0 && ${boxes}`)]).toEqual([page, true]);
      expect([page, await browser.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([
        page,
        true,
      ]);
      expect([page, await browser.evaluate("document.querySelectorAll('script, link, img, iframe').length")]).toEqual([
        page,
        0,
      ]);
      expect(asked.filter((path) => path !== '/favicon.ico')).toEqual([`/${page}`]);
    }
  });

  it('would run no script either if one stood in them', { timeout: 120_000 }, async () => {
    const text = await readFile(join(directory, 'shift.html'), 'utf8');
    await writeFile(
      join(directory, 'evil.html'),
      text.replace('<main>', '<main><script>document.title = "evil"</script>'),
    );
    await using browser = await Browser.start();
    // As above.
    const { port } = server.address() as AddressInfo;
    await browser.open(`http://127.0.0.1:${port}/evil.html`);
    expect(await browser.evaluate('document.title')).toMatch(/^Runtime shift/);
  });
});
