import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../../agent/ops/log.ts';
import { createTurnedClock } from '../harness/clock.ts';

function start(options: { level?: 'debug' | 'info' | 'warn' | 'error'; isTTY?: boolean; journal?: boolean } = {}) {
  const clock = createTurnedClock();
  const written: string[] = [];
  const sink = { isTTY: options.isTTY, journal: options.journal, write: (text: string) => written.push(text) };
  const log = createLog({ level: options.level ?? 'info', sink, clock });
  return { log, clock, written };
}

test('each entry is one JSON line with level, time and sentence when stderr is no terminal', () => {
  const { log, written } = start();
  log.warn('server-away', 'The disk is full.', { path: '/var/lib', free: 0 });
  assert.equal(written.length, 1);
  assert.ok(written[0]?.endsWith('\n'));
  assert.deepEqual(JSON.parse(written[0]!), {
    level: 'warn',
    time: '2026-11-23T12:00:00.000Z',
    code: 'server-away',
    path: '/var/lib',
    free: 0,
    msg: 'The disk is full.',
  });
});

test('a terminal gets the time of day, the level, the sentence, its code and key=value', () => {
  const { log, written } = start({ isTTY: true });
  log.warn('server-away', 'The disk is full.', { path: '/var/my logs', free: 0 });
  assert.match(written[0]!, /^\d\d:00:00 WARN {2}The disk is full\. \[server-away\] path="\/var\/my logs" free=0\n$/);
});

test('journald gets the priority of each entry before its JSON', () => {
  const { log, written } = start({ level: 'debug', journal: true });
  log.error('server-away', 'e');
  log.warn('server-away', 'w');
  log.info('i');
  log.debug('d');
  assert.deepEqual(
    written.map((line) => line.slice(0, 17)),
    ['<3>{"level":"erro', '<4>{"level":"warn', '<6>{"level":"info', '<7>{"level":"debu'],
  );
});

test('control characters in a sentence or a field cannot reach the terminal', () => {
  const { log, written } = start({ isTTY: true });
  log.error('server-away', 'File \x1b[31mred\x1b[0m\nforged', { path: 'a\x1b]0;x\x07' });
  assert.doesNotMatch(written[0]!.slice(0, -1), /[\x00-\x1f]/);
  assert.match(written[0]!, /File \\x1b\[31mred/);
});

test('what is less urgent than the level is not written', () => {
  const { log, written } = start({ level: 'warn' });
  log.debug('d');
  log.info('i');
  log.warn('server-away', 'w');
  log.error('server-away', 'e');
  assert.deepEqual(
    written.map((line) => (JSON.parse(line) as { msg: string }).msg),
    ['w', 'e'],
  );
});

test('a sentence that repeats itself is said once and then summed up each minute', () => {
  const { log, clock, written } = start();
  const said = () => written.map((line) => (JSON.parse(line) as { msg: string }).msg);
  for (let i = 0; i < 13; i++) log.warn('server-away', 'The server is away.', { target: 'tcp://a:514', attempt: i });
  assert.deepEqual(said(), ['The server is away.']);
  clock.turn(60_000);
  assert.deepEqual(said().slice(1), ['… 12 more in the last minute: The server is away.']);
  log.warn('server-away', 'The server is away.', { target: 'tcp://a:514', attempt: 14 });
  assert.equal(said().length, 2);
  clock.turn(60_000);
  assert.deepEqual(said().slice(2), ['… 1 more in the last minute: The server is away.']);
  clock.turn(60_000);
  log.warn('server-away', 'The server is away.', { target: 'tcp://a:514' });
  assert.deepEqual(said().slice(3), ['The server is away.']);
});

test('a sentence that comes back after others is said again, up to three times a minute: the last word is the truth', () => {
  const { log, clock, written } = start();
  for (let i = 0; i < 5; i++) {
    log.warn('server-away', 'down');
    log.info('up');
  }
  log.warn('server-away', 'down');
  const said = () => written.map((line) => (JSON.parse(line) as { msg: string }).msg);
  assert.deepEqual(said(), ['down', 'up', 'down', 'up', 'down', 'up']);
  clock.turn(60_000);
  assert.deepEqual(said().slice(6), ['… 3 more in the last minute: down', '… 2 more in the last minute: up']);
});

test('the answer to an order is said each time, however often the order comes', () => {
  const { log, clock, written } = start();
  for (let i = 0; i < 5; i++) {
    log.answer.info('The new configuration holds.');
    log.answer.error('reload-refused', 'The new configuration is not used.');
    log.info('The server is connected again.');
  }
  const said = (sentence: string) => written.filter((line) => line.includes(`"msg":"${sentence}`)).length;
  assert.equal(said('The new configuration holds.'), 5);
  assert.equal(said('The new configuration is not used.'), 5);
  assert.equal(said('The server is connected again.'), 1);
  assert.deepEqual(
    log.complaints().map(({ times }) => times),
    [5],
  );
  clock.turn(60_000);
  assert.equal(said('… 4 more in the last minute: The server is connected again.'), 1);
});

test('a status has what the log leaves out for its level', () => {
  const { log, written } = start({ level: 'error' });
  log.warn('server-away', 'bad');
  assert.deepEqual([written, log.complaints().map(({ sentence }) => sentence)], [[], ['bad']]);
});

test('the same sentence about another name is another sentence', () => {
  const { log, written } = start();
  log.warn('server-away', 'No right to read.', { path: '/a' });
  log.warn('server-away', 'No right to read.', { path: '/b' });
  assert.equal(written.length, 2);
});

test('flush says what was still being counted', () => {
  const { log, written } = start();
  for (let i = 0; i < 4; i++) log.info('again');
  log.flush();
  log.flush();
  assert.deepEqual(
    written.map((line) => (JSON.parse(line) as { msg: string }).msg),
    ['again', '… 3 more since then: again'],
  );
});

test('a flood of different sentences neither is lost nor grows without bound', () => {
  const { log, clock, written } = start();
  for (let i = 0; i < 5_000; i++) log.info(`sentence ${i}`);
  assert.equal(written.length, 5_000);
  assert.ok(clock.waiting() <= 256, `${clock.waiting()} sentences are remembered`);
  clock.turn(60_000);
  assert.equal(written.length, 5_000);
});

test('passwords in URLs and fields with secrets are not written', () => {
  const { log, written } = start();
  log.error('server-away', 'Cannot reach https://me:hunter2@logs.example.com/x.', {
    url: 'tcp://u:hunter2@host:514',
    token: 'hunter2',
    problem: new Error('refused by tcp://u:hunter2@host'),
  });
  assert.doesNotMatch(written[0]!, /hunter2/);
  assert.match(written[0]!, /https:\/\/\*\*\*@logs\.example\.com/);
});

test('fields named as the entry names its own do not overwrite them', () => {
  const { log, written } = start();
  log.info('true sentence', { msg: 'other', level: 'x', time: 'y' });
  const entry = JSON.parse(written[0]!) as Record<string, string>;
  assert.equal(entry.msg, 'true sentence');
  assert.equal(entry.level, 'info');
  assert.equal(entry.msg_, 'other');
});

test('the last warnings and errors are kept for status, each with how often it was said', () => {
  const { log, clock } = start();
  log.info('not kept');
  for (let i = 0; i < 12; i++) log.warn('server-away', `warning ${i}`);
  log.error('server-away', 'bad');
  clock.turn(5_000);
  log.error('server-away', 'bad');
  const kept = log.complaints();
  assert.equal(kept.length, 10);
  assert.deepEqual(kept.at(-1), {
    at: clock.now(),
    level: 'error',
    code: 'server-away',
    sentence: 'bad',
    times: 2,
  });
  assert.equal(kept[0]?.sentence, 'warning 3');
});
