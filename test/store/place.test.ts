import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { inspectStore } from '../../agent/store/inspect.ts';
import { countSpool } from '../../agent/store/look.ts';
import { fleeting } from '../../agent/store/place.ts';
import { StoreProblem } from '../../agent/store/problem.ts';
import { openStore } from '../../agent/store/store.ts';
import { createTurnedClock } from '../harness/clock.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { configFor, open, testLog } from './help.ts';

const TMPFS = 0x01021994;
const OVERLAY = 0x794c7630;
const EXT4 = 0xef53;

test('a state on a file system that does not survive a restart is told of, with the cure', () => {
  const of = (type: number) => fleeting('/state/spool.db', type);
  assert.match(
    of(TMPFS) ?? '',
    /^The spool \/state\/spool\.db stands on a tmpfs, .*Set \[spool\] path to a volume that stays\.$/,
  );
  assert.match(of(OVERLAY) ?? '', /a container's own layer/);
  assert.equal(of(EXT4), undefined);
});

const memory = '/dev/shm';
const reason = fs.existsSync(memory) && fs.statfsSync(memory).type === TMPFS ? false : `${memory} is no tmpfs here`;

test('the file system of a real folder in memory is recognised', { skip: reason }, () => {
  assert.match(fleeting(`${memory}/spool.db`) ?? '', /a tmpfs/);
});

function problemOf(run: () => unknown): StoreProblem {
  try {
    run();
  } catch (problem) {
    assert.ok(problem instanceof StoreProblem, `${problem}`);
    return problem;
  }
  throw new assert.AssertionError({ message: 'nothing was refused' });
}

const begin = (file: string) =>
  openStore({ config: configFor(file), clock: createTurnedClock(), log: testLog(), command: 'tailship run' });

test('a place that can never hold a file is refused with the cure, before anything is touched', (t) => {
  const folder = temporaryFolder(t);
  fs.writeFileSync(path.join(folder, 'file'), 'text');
  const cases: Readonly<Record<string, RegExp>> = {
    '/proc/spool.db': /has no place: the files in \/proc are the kernel's own\. Set \[spool\] path to a file/,
    '/proc/no/spool.db': /the files in \/proc are the kernel's own/,
    [path.join(folder, 'file/spool.db')]: /file is no folder\. Set \[spool\] path/,
    [path.join(folder, 'file/no/spool.db')]: /file is no folder\. Set \[spool\] path/,
    [path.join(folder, 'no/no/spool.db')]: /Make the folder .*no\/no, mount its volume, or set \[spool\] path/,
    [folder]: /is a folder\. \[spool\] path names a file: use .*spool\.db\./,
    '/dev/null': /\/dev\/null is no ordinary file, but a device/,
  };
  const device = fs.statSync('/dev/null').mode;
  for (const [file, sentence] of Object.entries(cases)) {
    const { explain, message } = problemOf(() => begin(file));
    assert.equal(explain, 'spool-place', file);
    assert.match(message, sentence);
  }
  assert.equal(fs.statSync('/dev/null').mode, device, 'its rights are not ours');
  assert.deepEqual(fs.readdirSync(folder), ['file']);
});

test('a spool that may not be looked at is not taken for none', (t) => {
  const file = path.join(temporaryFolder(t), 'spool.db');
  open(t, file).store.close();
  fs.chmodSync(path.dirname(file), 0);
  const root = process.geteuid?.() === 0;
  try {
    if (root) process.seteuid?.(65_534);
    for (const look of [() => inspectStore(file), () => countSpool(file, {})]) {
      const { explain, message } = problemOf(look);
      assert.equal(explain, 'spool-denied');
      assert.match(message, /Cannot read .*spool\.db: user .* may not look at it\. Ask as the user that runs tailship/);
    }
  } finally {
    if (root) process.seteuid?.(0);
    fs.chmodSync(path.dirname(file), 0o700);
  }
});
