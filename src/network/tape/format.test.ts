/** The literal pin of docs/design/tape-format.md: tapes outlive the version that recorded them. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { headOf, temporaryHome } from '../../../test/fixtures/tapes.ts';
import { chainStart, checkLine, encodeLine } from '../../base/index.ts';
import { canonicalBody } from './canonical.ts';
import { openTapeStore } from './store.ts';

it('spells and chains lines as they always were', () => {
  const first = encodeLine('name', { host: 'a.example.com', answered: true }, chainStart);
  const second = encodeLine('full', {}, first.link);
  expect(first.text + second.text).toMatchInlineSnapshot(`
    "{"body":{"answered":true,"host":"a.example.com"},"hash":"7a3b53e155dd1b6505b86d9f462a2224ec9bb876440d1d616cf480f67318b6aa","previousHash":"0000000000000000000000000000000000000000000000000000000000000000","sequence":1,"type":"name"}
    {"body":{},"hash":"d36a0d2c0326934b4e906003e5fd29b7aa34d4d1aea155c7be39786f8e061774","previousHash":"7a3b53e155dd1b6505b86d9f462a2224ec9bb876440d1d616cf480f67318b6aa","sequence":2,"type":"full"}
    "
  `);
  const line = Buffer.from(second.text.trimEnd());
  expect(checkLine(line, first.link)).toMatchObject({ type: 'full', link: second.link });
  expect(checkLine(line, chainStart)).toMatchObject({ problem: 'it does not follow the line before it' });
});

it('digests bodies by value as it always did', () => {
  const headers = (type: string): string[] => ['Content-Type', type];
  expect([
    canonicalBody(headers('application/json; charset=utf-8'), Buffer.from('{"b":1,"a":[true,null,"x"]}')),
    canonicalBody(headers('application/x-www-form-urlencoded'), Buffer.from('b=1&a=%20')),
    canonicalBody(headers('multipart/form-data; boundary=q'), Buffer.from('--q\r\n\r\n1\r\n--q--\r\n')),
    canonicalBody(headers('text/plain'), Buffer.from('a')),
  ]).toMatchInlineSnapshot(`
    [
      "bb93d9449052d952daa92ee12cff43461da845f57c2bd3ec8a8cab021757cf55",
      "ed498a8352834a50f036a1eeace0e526b95e3344899758a17a84eaee7325dd9b",
      "cd4904b6ef4f61cc45dbfb5205c463e097b99246ba844c392fbbd09c216d8278",
      null,
    ]
  `);
});

it('writes manifest and exchanges as it always did', async () => {
  const home = await temporaryHome();
  let bytes = 0;
  const clock = {
    nowMs: () => 1_700_000_000_000,
    monotonicMs: () => performance.now(),
    sleep: async () => undefined,
    after: (ms: number, fn: () => void) => {
      const timer = setTimeout(fn, ms);
      return () => clearTimeout(timer);
    },
  };
  const store = await openTapeStore({ home, clock, random: (length) => new Uint8Array(length).fill(bytes++) });
  const recorder = await store.create({ tenant: 'local', name: 'pinned', policyDigest: 'a'.repeat(64) });
  const taped = recorder.begin(headOf({ method: 'POST', headers: ['Content-Type', 'application/json'] }), {
    startedMs: clock.nowMs(),
    address: '192.0.2.1',
  });
  taped.requestBody(Buffer.from('{}'));
  taped.requestEnd();
  taped.response({ status: 100, reason: 'Continue', headers: [] });
  taped.response({ status: 200, reason: 'OK', headers: ['A', 'b'] });
  taped.responseBody(Buffer.from([0xff]));
  taped.responseBody(Buffer.alloc(5000));
  taped.responseEnd(['T', 'u']);
  await recorder.close();
  await store.close();
  const directory = join(home, 'tapes', recorder.tape);
  const manifest = await readFile(join(directory, 'tape.json'), 'utf8');
  const closedAt = /"at": "[^"]*"/;
  expect(manifest.replace(closedAt, '"at": "(when it was closed)"')).toMatchInlineSnapshot(`
    "{
      "format": 1,
      "id": "tap-01hf7yat000000000000000000",
      "name": "pinned",
      "tenant": "local",
      "sandbox": null,
      "createdAt": "2023-11-14T22:13:20.000Z",
      "policyDigest": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "rules": {
        "headers": [],
        "hosts": []
      },
      "presets": [],
      "writer": null,
      "closed": {
        "at": "(when it was closed)",
        "root": "044bfaa2c4b39ba5719069ffa164d0c18d953122a33297682991488c11cbf305",
        "lines": 1,
        "exchanges": 1,
        "bytes": 1054,
        "dropped": 0,
        "recovered": null
      }
    }
    "
  `);
  expect(await readFile(join(directory, 'exchanges.jsonl'), 'utf8')).toMatchInlineSnapshot(`
    "{"body":{"address":"192.0.2.1","error":null,"frames":null,"interim":[{"headers":[],"reason":"Continue","status":100}],"number":1,"request":{"body":{"bytes":2,"content":{"bytes":2,"digest":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","text":"{}"},"cut":null},"canonical":"62565c703ffefe54c575f50705c6243bf56aae2f5760123b11f464f3badb1e74","headers":["Content-Type","application/json"],"host":"api.example.com","httpVersion":"1.1","method":"POST","port":443,"scheme":"https","target":"/","trailers":[]},"response":{"body":{"bytes":5001,"content":{"blob":"zstd","bytes":5001,"digest":"2274ecb31e68560460aa1600df0469c758194c156a099885cca25fd88136e700"},"cut":null},"headers":["A","b"],"pieces":[[1,1],[5000,1]],"reason":"OK","status":200,"trailers":["T","u"]},"startedMs":1700000000000,"timing":{"endMs":0,"headMs":0,"sentMs":0}},"hash":"044bfaa2c4b39ba5719069ffa164d0c18d953122a33297682991488c11cbf305","previousHash":"0000000000000000000000000000000000000000000000000000000000000000","sequence":1,"type":"exchange"}
    "
  `);
  await rm(home, { recursive: true });
});
