import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { fleeting } from '../../agent/store/place.ts';

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
