/** The page in a real browser, through an outage and back. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { startAgent, startReceiver, writeConfig } from '../harness/agent.ts';
import { startBrowser } from '../harness/browser.ts';
import type { Running } from '../harness/processes.ts';
import { needsParts } from '../harness/system.ts';
import { scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { logLine } from '../harness/writer.ts';

const urlOf = (agent: Running) =>
  until('the page is there', () => /are at (http:[^"\s]+)/.exec(agent.stderr())?.[1], { told: agent.stderr });

/** Waits until an element of the page has text that fits. */
const shows = (page: Page, selector: string, text: RegExp) =>
  until(`${selector} shows ${text}`, async () => text.test((await page.textContent(selector)) ?? ''), {
    told: () => page.url(),
  });

test(
  'the page shows records, files, lines that do not match, and health in words through an outage, and asks nobody else for anything',
  needsParts('chromium'),
  async (t) => {
    const s = scene(t);
    let server = await startReceiver(s, 'relp');
    const more = '[status]\nlisten = 127.0.0.1:0';
    const agent = startAgent(s, writeConfig(s, { target: `relp://127.0.0.1:${server.port}`, more }));
    const url = await urlOf(agent);
    const browser = await startBrowser(s);
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    const problems: string[] = [];
    const asked = new Set<string>();
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => asked.add(new URL(request.url()).origin));
    await page.goto(url);
    await shows(page, '#health', /healthy/);
    await shows(page, '#records', /Nothing was sent since the start/);
    await shows(page, '#unmatched', /Every line that was read matched/);

    fs.appendFileSync(s.at('app.log'), `${logLine(1)}\n<script>alert(1)</script> fits nothing\n${logLine(2)}\n`);
    await shows(page, '#records', /message 2 /);
    await shows(page, '#unmatched', /<script>alert\(1\)<\/script> fits nothing/);
    await shows(page, '#files', /app\.log.*all settled.*3 read = 3 acknowledged/s);
    await shows(page, '#destinations', /live/);
    const wide = await page.evaluate('document.documentElement.scrollWidth <= innerWidth');
    assert.ok(wide, 'a phone has to scroll sideways');
    await until('both charts are drawn', async () => (await page.$$('.u-wrap canvas')).length === 2);
    await shows(page, '#speed', /acknowledged.*read/s);

    const { port } = server;
    await server.verdict();
    fs.appendFileSync(s.at('app.log'), `${logLine(3)}\n`);
    await shows(page, '#health', /degraded/);
    await shows(page, '#reasons', /is away for .*the spool takes what comes/);
    await shows(page, '#destinations', /spooling.*Spool: 1 lines/s);
    server = await startReceiver(s, 'relp', { port });
    fs.appendFileSync(s.at('app.log'), 'Nov 23 10:00:00 web1 app[7]: [ERROR] it broke\n');
    await shows(page, '#records', /it broke/);
    assert.match((await page.textContent('#records em.ill')) ?? '', /^<11>1 /, 'errors stand out');
    await shows(page, '#health', /healthy/);
    await shows(page, '#destinations', /live.*Spool empty/s);
    assert.deepEqual(problems, []);
    assert.deepEqual([...asked], [new URL(url).origin]);
  },
);

test('with a token the browser is asked for it, and keeps it', needsParts('chromium'), async (t) => {
  const s = scene(t);
  const server = await startReceiver(s, 'tcp');
  const more = '[status]\nlisten = 127.0.0.1:0\ntoken = open-sesame';
  const agent = startAgent(s, writeConfig(s, { target: `tcp://127.0.0.1:${server.port}`, more }));
  const page = await (await startBrowser(s)).newPage();
  await page.goto(await urlOf(agent));
  await page.fill('input[name=token]', 'open-sesame');
  await page.click('button');
  await shows(page, '#health', /healthy/);
  await page.reload();
  await shows(page, '#health', /healthy/);
});

test('the page is red when and only when nothing moves', needsParts('chromium'), async (t) => {
  const s = scene(t);
  let server = await startReceiver(s, 'tcp');
  // Room for some lines and not for all.
  const more = 'max_size = 512KiB\nfull = block\n[status]\nlisten = 127.0.0.1:0\nhealth_after = 5s';
  const conf = writeConfig(s, { target: `tcp://127.0.0.1:${server.port}`, syslog: 'linger = 100ms', more });
  const agent = startAgent(s, conf);
  const page = await (await startBrowser(s)).newPage();
  await page.goto(await urlOf(agent));
  // Every colour that it ever has, in order.
  await page.evaluate(`
    window.seen = [];
    const health = document.getElementById('health');
    const note = () => seen.at(-1) !== health.className && seen.push(health.className);
    new MutationObserver(note).observe(health, { attributes: true });
    note();
  `);
  const write = (from: number, to: number) =>
    fs.appendFileSync(s.at('app.log'), Array.from({ length: to - from }, (_, i) => `${logLine(from + i)}\n`).join(''));
  write(0, 10);
  await shows(page, '#destinations', /live/);
  await shows(page, '#health', /healthy/);

  const { port } = server;
  await server.verdict();
  write(10, 20);
  await shows(page, '#health', /degraded/);
  // Longer than health_after: the spool still has room.
  await shows(page, '#reasons', /is away for ([6-9]|1\d)\.?\d*s .*the spool takes what comes/);
  write(20, 4_000);
  await shows(page, '#health', /unhealthy/);
  await shows(page, '#reasons', /nothing was settled for .*the spool takes no more/);
  assert.equal(await page.title(), 'unhealthy · tailship');

  server = await startReceiver(s, 'tcp', { port });
  await shows(page, '#destinations', /live.*Spool empty/s);
  await until('it is green again', async () => (await page.textContent('#health'))?.trim() === 'healthy');
  const seen = (await page.evaluate('window.seen')) as string[];
  const red = seen.indexOf('state ill');
  assert.ok(red > 0 && red === seen.lastIndexOf('state ill'), `red once: ${seen}`);
  assert.ok(seen.slice(0, red).includes('state odd'), `amber before: ${seen}`);
});
