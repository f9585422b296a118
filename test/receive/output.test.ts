import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutput } from '../../agent/receive/output.ts';
import { GEN, record, until } from './records.ts';

/** An output over a sink that takes what it is given when the test says so. */
function output(json = false) {
  const blocks: string[] = [];
  const waiting: ((problem?: Error) => void)[] = [];
  const blocked: boolean[] = [];
  const failed: string[] = [];
  const made = createOutput({
    sink: {
      write(bytes, done) {
        blocks.push(Buffer.from(bytes).toString());
        waiting.push(done);
      },
    },
    json,
    blocked: (yes) => void blocked.push(yes),
    failed: (problem) => void failed.push(problem.message),
  });
  function add(text: string): void {
    const bytes = Buffer.from(`xx${text}yy`);
    made.add(bytes, 2, bytes.length - 2);
  }
  return { ...made, message: add, blocks, waiting, blocked, failed };
}

test('messages become lines, many of them in one block', async () => {
  const { message, blocks } = output();
  for (let i = 0; i < 1000; i += 1) message(`<14>line ${i} ü`);
  await until(() => blocks.length > 0);
  assert.equal(blocks.length, 1);
  assert.equal(blocks[0], Array.from({ length: 1000 }, (_, i) => `<14>line ${i} ü\n`).join(''));
});

test('a lone message leaves without waiting for others', async () => {
  const { message, blocks } = output();
  message('<14>a');
  await until(() => blocks.length === 1);
  message('<14>b');
  await until(() => blocks.length === 2);
  assert.deepEqual(blocks, ['<14>a\n', '<14>b\n']);
});

test('messages larger than a block pass', async () => {
  const { message, blocks } = output();
  const long = 'x'.repeat(1_000_000);
  for (const text of ['a', long, 'b', long]) message(text);
  await until(() => blocks.join('').length === 2_000_006);
  assert.equal(blocks.join(''), `a\n${long}\nb\n${long}\n`);
});

test('an LF inside a message cannot forge a line', async () => {
  const { message, blocks } = output();
  message('<14>ü a\nb\n');
  message('<14>c');
  await until(() => blocks.length > 0);
  assert.equal(blocks.join(''), '<14>ü a#012b#012\n<14>c\n');
});

test('with json each line is an object', async () => {
  const { message, blocks } = output(true);
  message(record({ gen: GEN[0], at: 0, len: 5 }, 'a\nb'));
  message('plain');
  await until(() => blocks.length > 0);
  const lines = blocks
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(lines[0].fields.MSG, 'a\nb');
  assert.deepEqual(lines[1], { msg: 'plain' });
});

test('written waits until the sink has everything that was taken before', async () => {
  const { message, written, waiting } = output();
  assert.equal(await written(), true);
  message('a');
  let done = false;
  const promise = written().then((good) => {
    done = true;
    return good;
  });
  message('b');
  await until(() => waiting.length === 2);
  assert.equal(done, false);
  waiting[0]!();
  assert.equal(await promise, true);
});

test('a sink that is slow holds the senders up, and lets them go on when it has caught up', async () => {
  const { message, waiting, blocked, blocks } = output();
  const text = 'x'.repeat(1000);
  let sent = 0;
  while (blocked.length === 0) {
    message(text);
    sent += 1;
  }
  assert.ok(sent > 1000 && sent < 100_000);
  await until(() => blocks.join('').length === sent * 1001);
  while (waiting.length > 0) waiting.shift()!();
  assert.deepEqual(blocked, [true, false]);
});

test('a sink that refuses is told once, and nothing counts as written from then on', async () => {
  const { message, written, waiting, failed, blocks } = output();
  message('a');
  const first = written();
  waiting.shift()!(new Error('no space left'));
  assert.equal(await first, false);
  message('b');
  assert.equal(await written(), false);
  assert.deepEqual(failed, ['no space left']);
  assert.deepEqual(blocks, ['a\n']);
});
