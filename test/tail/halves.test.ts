/**
 * Lines that are written in pieces, across everything that may come between the pieces.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { scene } from './scene.ts';

test('a half line across a kill is read once and whole, for nothing is committed past its start', () =>
  scene({ before: { 'app.log': 'one\nha' } }, (stage) => {
    assert.equal(stage.reader.read(), 'one\n');
    stage.kill();
    stage.start();
    stage.write('lf\ntwo\n');
    assert.equal(stage.look(), 'half\ntwo\n');
  }));

test('a half line whose file is rotated while the agent is away is read once and whole, before what follows', () =>
  scene({ before: { 'app.log': 'one\nha' } }, (stage) => {
    assert.equal(stage.reader.read(), 'one\n');
    stage.kill();
    stage.write('lf\n');
    stage.rename('app.log.1');
    stage.write('two\n');
    stage.start();
    assert.equal(stage.look(), 'half\ntwo\n');
  }));

test('a half line across a copytruncate is whole in the copy and read from there', () =>
  scene({ before: { 'app.log': 'one\nha' } }, (stage) => {
    assert.equal(stage.reader.read(), 'one\n');
    stage.write('lf\n');
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.truncateSync(stage.live, 0);
    stage.write('two\n');
    assert.equal(stage.look(), 'half\ntwo\n');
    assert.deepEqual(stage.losses, []);
  }));

test('a line that copytruncate cuts in two comes as two, with no byte lost', () =>
  scene({ before: { 'app.log': 'one\nha' } }, (stage) => {
    assert.equal(stage.reader.read(), 'one\n');
    fs.copyFileSync(stage.live, `${stage.live}.1`);
    fs.truncateSync(stage.live, 0);
    stage.write('lf\ntwo\n');
    assert.equal(stage.pass(10_000), 'half\ntwo\n');
    assert.deepEqual(
      stage.reader.chunks.map(({ bytes }) => bytes.toString()),
      ['one\n', 'ha', 'lf\ntwo\n'],
    );
    assert.deepEqual(stage.losses, []);
  }));

test('a last line without a newline in an archive is shipped as a line', () =>
  scene({ before: { 'app.log': 'one\n' } }, async (stage) => {
    stage.reader.read();
    stage.kill();
    stage.write('two\nthree');
    fs.writeFileSync(`${stage.live}.1.gz`, gzipSync(fs.readFileSync(stage.live)));
    fs.unlinkSync(stage.live);
    stage.write('four\n');
    stage.start();
    assert.equal(await stage.until(14), 'two\nthreefour\n');
    assert.deepEqual(stage.reader.chunks.map(({ bytes }) => bytes.toString()).join('|'), 'two\n|three|four\n');
  }));

test('what is added to a line that was shipped without its end is shipped as a line of its own, and nothing twice', () =>
  scene({ before: { 'app.log': 'one\nhal' } }, (stage) => {
    stage.reader.read();
    stage.rename('app.log.1');
    stage.write('two\n');
    assert.equal(stage.pass(6000), 'haltwo\n');
    stage.write('f\n', 'app.log.1');
    assert.equal(stage.pass(30_000), 'f\n');
  }));

test('CRLF is left to its line, also where a read ends between CR and LF', () =>
  scene({ before: { 'app.log': 'one\r\ntwo\r' } }, (stage) => {
    assert.equal(stage.reader.read(), 'one\r\n');
    stage.write('\nthree\r\n');
    assert.equal(stage.look(), 'two\r\nthree\r\n');
  }));

test('a file that is compressed while it is read is finished from its open descriptor, and the archive gives nothing twice', () =>
  scene({ before: { 'app.log': 'one\n' } }, async (stage) => {
    stage.reader.read();
    const lines = Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`).join('');
    stage.write(lines);
    stage.clock.advance(1000);
    const first = stage.reader.read({ most: 1 });
    assert.ok(first.length > 0 && first.length < lines.length);
    stage.rename('app.log.1');
    fs.writeFileSync(`${stage.live}.1.gz`, gzipSync(fs.readFileSync(`${stage.live}.1`)));
    fs.unlinkSync(`${stage.live}.1`);
    stage.write('four\n');
    assert.equal(first + stage.look(), `${lines}four\n`);
    assert.equal(await stage.until(0), '');
    assert.equal(stage.registry.rows.length, 2);
  }));
