import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Files, realFiles } from '../../agent/tail/files.ts';
import { scene } from './scene.ts';

test('a look that falls into a rotation that goes on and on decides nothing, and what is unread is found once it is over', () => {
  let shift: (() => void) | undefined;
  const files: Files = {
    ...realFiles,
    // From the oldest name to the newest, which is how a shift falls between the looks at two of them.
    list: (directory) => realFiles.list(directory).sort().reverse(),
    stat(file) {
      if (/\.log\.1$/.test(file)) shift?.();
      return realFiles.stat(file);
    },
  };
  return scene({ before: { 'app.log': 'one\n' }, files }, (stage) => {
    const numberOf = (name: string): number => Number(/\d+/.exec(name));
    let lines = '';
    const rotate = (): void => {
      const old = stage.names().filter((name) => name !== 'app.log');
      for (const name of old.sort((a, b) => numberOf(b) - numberOf(a)))
        stage.rename(`app.log.${numberOf(name) + 1}`, name);
      stage.rename('app.log.1');
      const line = `shift ${stage.names().length}\n`;
      stage.write(line);
      lines += line;
    };
    stage.reader.read();
    stage.write('two\n');
    stage.clock.advance(1000);
    stage.kill();
    rotate();
    shift = rotate;
    stage.start();
    assert.ok(stage.names().length > 4, 'it was looked at again and again');
    shift = undefined;
    assert.equal(stage.look(), `two\n${lines}`);
    assert.deepEqual(stage.losses, []);
  });
});
