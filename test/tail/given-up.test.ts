import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { type Scene, scene } from './scene.ts';
import { tick } from './ticks.ts';

/** No byte of a generation was given out that had been counted as lost. */
function assertLostForGood(stage: Scene, chunks: Scene['reader']['chunks']): void {
  for (const { file, from, to } of stage.losses) {
    const late = chunks.filter((chunk) => chunk.file === file && chunk.start < to && chunk.end > from);
    assert.deepEqual(late, [], `bytes ${from} to ${to} of ${file} are lost`);
  }
}

/** An editor saves a file of which nothing was read, the result is copied, and the agent is killed; so the first file counts as lost. */
async function savedAndCopied(stage: Scene): Promise<void> {
  fs.writeFileSync(`${stage.live}.new`, `${fs.readFileSync(stage.live, 'utf8')}saved\n`);
  fs.renameSync(`${stage.live}.new`, stage.live);
  stage.clock.advance(1000);
  await tick(stage.folder);
  fs.copyFileSync(stage.live, `${stage.live}.1`);
  stage.kill();
  stage.start();
  assert.equal(stage.losses.length, 1);
}

for (const place of ['first', 'second']) {
  test(`a generation that was counted as lost before a byte of it was read gives nothing under its name again, and what a copy holds of it is read as a new one (the ${place} of its chain)`, () =>
    scene({ before: { 'app.log': place === 'first' ? 'one\ntwo\n' : 'zero\n' } }, async (stage) => {
      if (place === 'second') {
        stage.reader.read();
        stage.rename('app.log.2');
        stage.write('one\ntwo\n');
        stage.clock.advance(1000);
      }
      await savedAndCopied(stage);
      // Longer than its copy, and known by its head alone: after the restart only the lost generation is known to be like the copy.
      stage.write('not copied\n');
      stage.clock.advance(1000);
      stage.kill();
      fs.truncateSync(stage.live, 0);
      stage.start();
      stage.write('new\n');
      assert.equal(stage.reader.read() + stage.look(), 'one\ntwo\nsaved\nnew\n');
      assertLostForGood(stage, stage.reader.chunks);
    }));
}
