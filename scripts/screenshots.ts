/** Takes the pictures of the page in docs/: a real agent, a real server that goes away and comes back, and Debian's chromium. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { ROOT, startAgent, startReceiver } from '../test/harness/agent.ts';
import { startBrowser } from '../test/harness/browser.ts';
import { createScene } from '../test/harness/temp.ts';
import { until } from '../test/harness/wait.ts';

const scene = createScene();
const shots = path.join(ROOT, 'docs/page');
fs.mkdirSync(shots, { recursive: true });

const EVENTS = [
  'order accepted',
  'payment settled',
  'cache miss, reading from the store',
  'Zahlung bestätigt',
  'session renewed',
];
const LEVELS = ['INFO', 'INFO', 'INFO', 'DEBUG', 'WARN', 'ERROR'];

/** Writes to two applications' logs until the end; now and then a line that fits no pattern. */
function write(): () => void {
  let n = 0;
  const timer = setInterval(() => {
    const more = 40 + Math.round(35 * Math.sin(n / 4000)) + Math.round(Math.random() * 20);
    for (const app of ['shop', 'billing']) {
      const lines = Array.from({ length: more }, () => {
        n += 1;
        if (n % 997 === 0) return `  at ${app}.Handler.run(Handler.java:${n % 400})\n`;
        const time = new Date().toTimeString().slice(0, 8);
        return `Nov 25 ${time} web1 ${app}: [${2000 + (n % 9)}][${LEVELS[n % 6]}] [T${n % 7}] ${EVENTS[n % 5]} id=${n}\n`;
      });
      fs.appendFileSync(scene.at(`${app}.log`), lines.join(''));
    }
  }, 100);
  return () => clearInterval(timer);
}

async function shoot(page: Page, name: string, scheme: 'light' | 'dark', size = { width: 1180, height: 900 }) {
  await page.emulateMedia({ colorScheme: scheme });
  await page.setViewportSize(size);
  await sleep(600); // Charts are drawn anew.
  await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true });
}

try {
  for (const app of ['shop', 'billing']) fs.writeFileSync(scene.at(`${app}.log`), '');
  let server = await startReceiver(scene, 'relp');
  fs.writeFileSync(
    scene.at('config.conf'),
    `[input.shop]\npath = ${scene.at('shop.log')}\n[input.billing]\npath = ${scene.at('billing.log')}\n` +
      `[syslog]\ntarget = relp://127.0.0.1:${server.port}\n[spool]\npath = ${scene.at('spool.db')}\nmax_size = 64MiB\n` +
      '[status]\nlisten = 127.0.0.1:0\n',
  );
  const agent = startAgent(scene, scene.at('config.conf'));
  const url = await until('the page is there', () => /are at (http:[^"\s]+)/.exec(agent.stderr())?.[1]);
  const stop = write();
  scene.atEnd(stop);
  const page = await (await startBrowser(scene)).newPage();
  await page.goto(url);
  await sleep(30_000);
  fs.renameSync(scene.at('shop.log'), scene.at('shop.log.1'));
  fs.writeFileSync(scene.at('shop.log'), '');
  await sleep(500);
  await shoot(page, 'load-light', 'light');
  await shoot(page, 'load-dark', 'dark');
  await shoot(page, 'load-phone', 'light', { width: 390, height: 844 });

  const { port } = server;
  await server.verdict();
  await sleep(40_000);
  await shoot(page, 'outage-light', 'light');
  await shoot(page, 'outage-dark', 'dark');

  server = await startReceiver(scene, 'relp', { port });
  await sleep(45_000);
  await shoot(page, 'after-light', 'light');
  stop();
} finally {
  await scene.end();
}
