import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { realFiles } from '../../agent/tail/files.ts';
import { createShared, createTail } from '../../agent/tail/tail.ts';
import { toldLog } from '../harness/log.ts';
import { inputOf, scene } from './scene.ts';

test('two inputs that read the same file are told of once, at the start or as soon as there is such a file', () =>
  scene({ before: { 'app.log': 'one\n' } }, async (stage) => {
    const said: string[] = [];
    const log = toldLog((level, sentence) => level === 'warn' && said.push(sentence.replaceAll(stage.folder, '~')));
    const shared = createShared(log);
    const tails = new Map(
      [
        ['all', '*.log'],
        ['app', 'app.log'],
        ['link', 'linked'],
      ].map(([name, path]) => {
        const input = inputOf([`${stage.folder}/${path}`], { name: name! });
        const { clock, registry } = stage;
        const tail = createTail({
          ...{ input, files: realFiles, clock, registry, log, shared, once: false, wake() {}, lost() {} },
        });
        tail.start();
        return [name, tail];
      }),
    );
    assert.deepEqual(said.splice(0), [
      'The inputs all and app both read ~/app.log: each of its lines is shipped twice',
    ]);
    stage.write('two\n', 'other.log');
    stage.clock.advance(2000);
    fs.symlinkSync('other.log', `${stage.folder}/linked`);
    stage.clock.advance(5000);
    assert.deepEqual(said.splice(0), [
      'The inputs all and link both read ~/linked: each of its lines is shipped twice',
    ]);
    stage.rename('app.log.1');
    stage.write('three\n');
    stage.clock.advance(5000);
    assert.deepEqual(said, []);
    for (const tail of tails.values()) await tail.close();
  }));
