import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { scene } from './scene.ts';

test('a file that a glob matches and whose name is not UTF-8 is told of once, by name, and the others are read', () =>
  scene({ start: false, before: { 'app.log': 'one\n' } }, (stage) => {
    const odd = Buffer.concat([Buffer.from(`${stage.folder}/caf`), Buffer.from([0xe9]), Buffer.from('.log')]);
    fs.writeFileSync(odd, 'never read\n');
    stage.start({ paths: [`${stage.folder}/*.log`] });
    assert.equal(stage.reader.read(), 'one\n');
    stage.write('two\n');
    assert.equal(stage.look(), 'two\n');
    const told = () => stage.sentences.filter((sentence) => sentence.includes('is not UTF-8'));
    assert.equal(told().length, 1);
    assert.match(told()[0]!, /The name of .*\/caf\ufffd\.log is not UTF-8, so the file is not read/);
    fs.renameSync(odd, `${stage.folder}/cafe.log`);
    assert.equal(stage.look(), 'never read\n');
    fs.writeFileSync(odd, 'again\n');
    stage.look();
    assert.equal(told().length, 2);
  }));

test('a name in which the character U+FFFD itself was written is a name like any other', () =>
  scene({ start: false }, (stage) => {
    fs.writeFileSync(`${stage.folder}/a\ufffd.log`, 'one\n');
    stage.start({ paths: [`${stage.folder}/*.log`] });
    assert.equal(stage.reader.read(), 'one\n');
    assert.ok(!stage.sentences.some((sentence) => sentence.includes('UTF-8')));
  }));
