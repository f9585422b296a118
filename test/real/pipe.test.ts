/** Where commands are begun: what they say goes whole into a pipe, though that holds less, and a folder may be gone. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { MAIN, tailship, writeConfig } from '../harness/agent.ts';
import { start } from '../harness/processes.ts';
import { scene } from '../harness/temp.ts';
import { logLine } from '../harness/writer.ts';

/** They become some megabytes: many times what a pipe holds. */
const LINES = 5000;

test('whoever reads a command through a pipe gets all that it says', async (t) => {
  const s = scene(t);
  const conf = writeConfig(s, { target: 'udp://127.0.0.1:9' });
  fs.writeFileSync(s.at('app.log'), Array.from({ length: LINES }, (_, n) => `${logLine(n)}\n`).join(''));
  const args = ['try', '-c', conf, '--json'];
  const file = start(s, 'bash', ['-c', '"$@" >whole', '-', process.execPath, MAIN, ...args]);
  assert.deepEqual(await file.exited, { code: 0, signal: null }, file.stderr());
  const pipe = tailship(s, args);
  assert.deepEqual(await pipe.exited, { code: 0, signal: null }, pipe.stderr());
  const whole = fs.readFileSync(s.at('whole'), 'utf8');
  assert.ok(whole.length > 2 ** 20);
  assert.equal(pipe.stdout().length, whole.length);
  assert.ok(pipe.stdout() === whole);
});

test('a command whose reader goes away ends', async (t) => {
  const s = scene(t);
  const conf = writeConfig(s, { target: 'udp://127.0.0.1:9' });
  fs.writeFileSync(s.at('app.log'), Array.from({ length: LINES }, (_, n) => `${logLine(n)}\n`).join(''));
  const args = ['-c', 'set -o pipefail; "$@" | head -n 1', '-', process.execPath, MAIN, 'try', '-c', conf, '--json'];
  const ended = start(s, 'bash', args);
  assert.deepEqual(await ended.exited, { code: 0, signal: null }, ended.stderr());
});

test('a command begun in a folder that was removed works all the same', async (t) => {
  const s = scene(t);
  const conf = writeConfig(s, { target: 'udp://127.0.0.1:9' });
  fs.writeFileSync(s.at('app.log'), `${logLine(0)}\n`);
  const script = 'mkdir gone; cd gone; rmdir ../gone; "$@"';
  const ran = start(s, 'bash', ['-c', script, '-', process.execPath, MAIN, 'try', '-c', conf]);
  assert.deepEqual(await ran.exited, { code: 0, signal: null }, ran.stderr());
});
