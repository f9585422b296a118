import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createLoopGuard } from '../../agent/tail/loop.ts';
import { counted } from './odd-files.ts';
import { scene } from './scene.ts';

const record = (gen: string): string => `<14>1 - host app - - [tail@32473 f="${gen}" at="0" len="4"] one\n`;

test('a file into which the server writes the records made of it is stopped and reported, and others go on', () =>
  scene({ start: false, before: { 'app.log': 'one\n', 'other.log': 'one\n' } }, (stage) => {
    stage.start({ paths: [`${stage.folder}/*.log`] });
    assert.equal(stage.reader.read(), 'one\none\n');
    const own = stage.registry.rows.find((row) => row.path === stage.live)!;
    stage.write(record(own.gen));
    stage.write('two\n', 'other.log');
    assert.equal(stage.look(), 'two\n');
    stage.write('and more\n');
    assert.equal(stage.look(), '');
    assert.match(
      stage.sentences.join('\n'),
      /app\.log holds records that tailship itself made of it .*: it is not read any more/,
    );
    const trouble = stage.reader.walk.status().find((one) => one.state === 'unreadable');
    assert.equal(trouble?.chain, stage.live);
    const settled = stage.registry.checkpoint('server', own.file)?.offset;
    assert.equal(settled, 4);
    fs.appendFileSync(`${stage.folder}/other.log`, 'three\n');
    assert.equal(stage.look(), 'three\n');
  }));

test('every destination hears that a file is not read any more, also one that has not come to those records', () =>
  scene({ before: { 'app.log': 'one\n' }, destinations: ['one', 'two'] }, (stage) => {
    const [first, second] = stage.readers;
    for (const reader of stage.readers) reader.read();
    stage.write(record(stage.registry.rows[0]!.gen));
    stage.clock.advance(1000);
    const before = second!.walk.revision();
    assert.equal(first!.read(), '');
    assert.equal(second!.walk.status().at(-1)?.state, 'unreadable');
    assert.notEqual(second!.walk.revision(), before);
  }));

test('such a file is not held open once it is rotated, so that its space comes back when it is deleted', () => {
  const open = new Set<number>();
  const held = () => [...open].map((fd) => path.basename(fs.readlinkSync(`/proc/self/fd/${fd}`)));
  return scene({ files: counted(open), before: { 'app.log': 'one\n' } }, (stage) => {
    stage.reader.read();
    stage.write(record(stage.registry.rows[0]!.gen));
    stage.look();
    assert.deepEqual(held(), ['app.log']);
    stage.rename('app.log.1');
    stage.write('two\n');
    stage.pass(3000);
    assert.deepEqual(held(), ['app.log']);
    fs.rmSync(stage.live);
    stage.pass(3000);
    assert.deepEqual(held(), []);
    assert.equal(stage.reader.walk.status().at(-1)?.state, 'unreadable');
  });
});

test('records that another agent made are lines like any others', () =>
  scene({ before: { 'app.log': record('0123456789abcdef') } }, (stage) => {
    assert.equal(stage.reader.read(), record('0123456789abcdef'));
  }));

test('the own generations are asked for once for each generation of others, not for each line', () => {
  let asked = 0;
  const guard = createLoopGuard(() => {
    asked += 1;
    return [{ gen: 'a'.repeat(16) }];
  });
  assert.equal(guard(Buffer.from(record('b'.repeat(16)).repeat(100))), undefined);
  assert.equal(asked, 1);
  assert.equal(guard(Buffer.from(record('b'.repeat(16)) + record('a'.repeat(16)))), 'a'.repeat(16));
});

test('an own record is known whatever its SD-ID, and a line that only looks like the start of one is not taken for it', () => {
  const guard = createLoopGuard(() => [{ gen: 'a'.repeat(16) }]);
  const element = (id: string) => Buffer.from(`mail to me@ home, [${id} f="${'a'.repeat(16)}" at="0" len="4"] one\n`);
  for (const id of ['tail@32473', 'x@1', 'logs@32473.1.2']) assert.equal(guard(element(id)), 'a'.repeat(16), id);
  for (const id of ['tail@', 'tail', 'tail@one']) assert.equal(guard(element(id)), undefined, id);
});
