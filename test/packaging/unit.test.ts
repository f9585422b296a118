import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../harness/agent.ts';
import { programPath } from '../harness/processes.ts';

test('the man page is roff without a warning, and holds every command and option', { skip: missing('groff') }, () => {
  const page = path.join(ROOT, 'packaging/tailship.1');
  const { stdout, stderr, status } = spawnSync('groff', ['-man', '-ww', '-Tascii', '-P-cbou', page], {
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  assert.equal(status, 0);
  const words = stdout.replaceAll(/\s+/g, ' ');
  for (const held of ['tailship explain', '--logrotate FILE', '-c, --config FILE', 'EXIT STATUS'])
    assert.ok(words.includes(held), held);
});

test('systemd takes the unit, and calls its exposure OK', { skip: missing('systemd-analyze') }, () => {
  const unit = path.join(ROOT, 'packaging/systemd/tailship.service');
  const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
  const others = stderr
    .split('\n')
    .filter((line) => line !== '' && !/\/usr\/bin\/tailship is not executable/.test(line));
  assert.deepEqual(others, []);
  const security = ['security', '--offline=true', '--threshold=20', unit];
  assert.equal(spawnSync('systemd-analyze', security, { encoding: 'utf8' }).status, 0, 'exposure is 2.0 at most');
});

function missing(program: string): string | false {
  return programPath(program) === undefined && process.env.CI !== 'true' ? `${program} is missing` : false;
}
