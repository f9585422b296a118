/**
 * Holes of NUL bytes: what a writer leaves that goes on at its old place after copytruncate.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { scene } from './scene.ts';

/** Writes at a place, as an application does that did not open its file for appending. */
function writeAt(file: string, text: string, at: number): void {
  const fd = fs.openSync(file, 'r+');
  fs.writeSync(fd, text, at);
  fs.closeSync(fd);
}

test('a hole of three GiB is passed over in bounded memory, and what stands behind it is read', () =>
  scene({ before: { 'app.log': 'one\n' } }, async (stage) => {
    stage.reader.read();
    const hole = 3 * 2 ** 30;
    writeAt(stage.live, 'two\n', hole);
    const before = process.memoryUsage().rss;
    stage.clock.advance(1000);
    let text = '';
    for (let steps = 0; !text.endsWith('two\n') && steps < 100_000; steps += 1) text += stage.reader.read();
    assert.equal(text, 'two\n');
    assert.ok(process.memoryUsage().rss - before < 200 * 2 ** 20);
    assert.deepEqual(stage.losses, []);
    const at = stage.reader.chunks.slice(1).map(({ start, end }) => [start, end]);
    assert.deepEqual(at, [
      [4, hole],
      [hole, hole + 4],
    ]);
  }));

for (const how of ['plain', 'packed', 'packed while the agent is away'] as const) {
  test(`copies of a file that begins with a hole are known again and give nothing twice: ${how}`, () =>
    scene({ before: { 'app.log': 'one\n' } }, async (stage) => {
      stage.reader.read();
      fs.truncateSync(stage.live, 0);
      writeAt(stage.live, 'two\n', 5000);
      assert.equal(stage.look(), 'two\n');
      for (const [i, line] of ['three\n', 'four\n', 'five\n'].entries()) {
        if (how === 'packed while the agent is away') stage.kill();
        const size = fs.statSync(stage.live).size;
        writeAt(stage.live, line, size);
        for (let n = i; n > 0; n -= 1)
          for (const end of ['', '.gz'])
            if (fs.existsSync(`${stage.live}.${n}${end}`))
              fs.renameSync(`${stage.live}.${n}${end}`, `${stage.live}.${n + 1}${end}`);
        if (how === 'plain') fs.copyFileSync(stage.live, `${stage.live}.1`);
        else fs.writeFileSync(`${stage.live}.1.gz`, gzipSync(fs.readFileSync(stage.live)));
        fs.truncateSync(stage.live, 0);
        writeAt(stage.live, 'more\n', size + line.length);
        if (how === 'packed while the agent is away') stage.start();
        assert.equal(await stage.until(line.length + 5), `${line}more\n`);
      }
      assert.deepEqual(stage.losses, []);
    }));
}
