import assert from 'node:assert/strict';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type HttpParts, openHttp } from '../../agent/ops/http.ts';
import type { Status } from '../../agent/ops/status.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { toldLog } from '../harness/log.ts';
import { until } from '../harness/wait.ts';
import { DRAINING } from './parts.ts';

const TOKEN = 'correct-horse';
const ILL: Status = { ...DRAINING, health: { state: 'unhealthy', reasons: ['syslog: nothing moves.'] } };

async function open(t: TestContext, parts: Partial<HttpParts> = {}) {
  const said: string[] = [];
  const clock = createTurnedClock();
  const http = openHttp({
    ...{ listen: { host: '127.0.0.1', port: 0 }, token: undefined, clock, status: () => DRAINING },
    log: toldLog((_level, sentence) => void said.push(sentence)),
    pages: { '/': (_asked, response) => void response.end('the page') },
    ...parts,
  });
  t.after(() => http.close());
  await until('it says where it is', () => said.length > 0);
  return { http, said, clock, url: http.url()! };
}

type Got = { readonly code: number; readonly text: string; readonly headers: NodeJS.Dict<string | string[]> };

function get(url: string, headers: Record<string, string> = {}, body?: string): Promise<Got> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const asked = request(url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => (text += part));
      response.on('end', () => resolve({ code: response.statusCode!, text, headers: response.headers }));
    });
    asked.on('error', reject).end(body);
  });
}

test('metrics, status, health and the page are served, with headers that keep everything else out', async (t) => {
  const { url, said } = await open(t);
  assert.match(said[0]!, /The page, \/metrics, \/healthz and \/readyz are at http:\/\/127\.0\.0\.1:\d+\/$/);
  const metrics = await get(`${url}metrics`);
  assert.equal(metrics.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(metrics.text, /^tailship_link_up\{destination="syslog"\} 1$/m);
  assert.deepEqual(JSON.parse((await get(`${url}status`)).text), JSON.parse(JSON.stringify(DRAINING)));
  assert.deepEqual(await get(`${url}healthz`).then(({ code, text }) => [code, text]), [200, 'alive\n']);
  const page = await get(url);
  assert.equal(page.text, 'the page');
  const policy = String(page.headers['content-security-policy']);
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
  assert.doesNotMatch(policy, /unsafe|\*|http/);
  assert.equal((await get(`${url}nothing`)).code, 404);
  assert.equal((await get(`${url}constructor`)).code, 404);
  assert.equal((await get(`${url}metrics`, {}, 'x')).code, 405);
});

test('readyz is 503 with the reason in words when unhealthy, and 200 when degraded', async (t) => {
  const ill = await open(t, { status: () => ILL });
  assert.deepEqual(await get(`${ill.url}readyz`).then(({ code, text }) => [code, text]), [
    503,
    'unhealthy\nsyslog: nothing moves.\n',
  ]);
  const health = { state: 'degraded', reasons: ['syslog: the server is away.'] } as const;
  const odd = await open(t, { status: () => ({ ...DRAINING, health }) });
  assert.deepEqual(await get(`${odd.url}readyz`).then(({ code, text }) => [code, text]), [
    200,
    'degraded\nsyslog: the server is away.\n',
  ]);
});

test('a state that cannot be read is no health, and no end of the server', async (t) => {
  const { url } = await open(t, {
    status: () => {
      throw new Error('The spool cannot be read.');
    },
  });
  assert.deepEqual(await get(`${url}readyz`).then(({ code, text }) => [code, text]), [
    503,
    'unhealthy\nThe spool cannot be read.\n',
  ]);
  assert.equal((await get(`${url}metrics`)).code, 500);
  assert.equal((await get(`${url}healthz`)).code, 200);
});

test('with a token nothing but health is shown without it: header, cookie, form and address take it', async (t) => {
  const { url } = await open(t, { token: TOKEN, status: () => ILL });
  for (const path of ['', 'metrics', 'status', 'nothing']) assert.equal((await get(`${url}${path}`)).code, 401, path);
  assert.equal((await get(`${url}metrics`, { authorization: 'Bearer wrong-horse' })).code, 401);
  assert.equal((await get(`${url}metrics`, { cookie: `tailship=${TOKEN}` })).code, 401);
  assert.equal((await get(`${url}?token=wrong-horse`)).code, 401);
  assert.equal((await get(`${url}login`, {}, 'token=wrong-horse')).code, 401);
  assert.deepEqual(await get(`${url}readyz`).then(({ code, text }) => [code, text]), [503, 'unhealthy\n']);
  assert.match((await get(url, { accept: 'text/html' })).text, /<form method="post" action="\/login">/);

  assert.equal((await get(`${url}metrics`, { authorization: `Bearer ${TOKEN}` })).code, 200);
  for (const entered of [await get(`${url}?token=${TOKEN}`), await get(`${url}login`, {}, `token=${TOKEN}`)]) {
    assert.deepEqual([entered.code, entered.headers.location], [303, '/']);
    const cookie = String(entered.headers['set-cookie']);
    assert.match(cookie, /^tailship=[0-9a-f]{64}; HttpOnly; SameSite=Strict; Path=\/$/);
    assert.ok(!cookie.includes(TOKEN));
    assert.equal((await get(url, { cookie: cookie.split(';')[0]! })).text, 'the page');
  }
});

test('without a token a page of another site cannot get in by a name of its own for this machine', async (t) => {
  const { url } = await open(t);
  assert.equal((await get(`${url}metrics`, { host: 'evil.example:9100' })).code, 421);
  for (const host of ['localhost:9100', '127.0.0.1', '[::1]:9100'])
    assert.equal((await get(`${url}metrics`, { host })).code, 200, host);
});

test('an address that is taken is a warning, and is tried again until it is free', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const { http, said, clock } = await open(t, { listen: { host: '127.0.0.1', port } });
  assert.match(said[0]!, /^No HTTP page at .*EADDRINUSE.*The agent goes on, and tries again\.$/);
  assert.equal(http.url(), undefined);
  await new Promise((resolve) => other.close(resolve));
  clock.turn(10_000);
  await until('it says so again', () => said.length === 2);
  assert.equal((await get(`${http.url()}healthz`)).code, 200);
});
