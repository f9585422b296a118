import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UTMP_BYTES, utmpLine } from '../../agent/shape/utmp.ts';
import { programPath } from '../harness/processes.ts';
import { needsParts } from '../harness/system.ts';
import { jsonOf, shapeText } from './shaped.ts';

type Login = {
  readonly type: number;
  readonly pid: number;
  readonly line: string;
  readonly id: string;
  readonly user: string;
  readonly host: string;
  readonly seconds: number;
  readonly micros: number;
  readonly address: readonly number[];
};

function recordOf(login: Login): Buffer {
  const record = Buffer.alloc(UTMP_BYTES);
  record.writeInt16LE(login.type, 0);
  record.writeInt32LE(login.pid, 4);
  record.write(login.line, 8, 32);
  record.write(login.id, 40, 4);
  record.write(login.user, 44, 32);
  record.write(login.host, 76, 256);
  record.writeUInt32LE(login.seconds, 340);
  record.writeInt32LE(login.micros, 344);
  Buffer.from(login.address).copy(record, 348);
  return record;
}

const BOB: Login = {
  ...{
    type: 7,
    pid: 4711,
    line: 'pts/0',
    id: 'ts/0',
    user: 'bob',
    host: 'web1.example',
    seconds: 1_795_341_600,
    micros: 5,
  },
  address: [10, 0, 0, 1],
};

const word = (maxLength: number) => fc.string({ unit: fc.constantFrom(...'abz09./:-~'), maxLength });
const login: fc.Arbitrary<Login> = fc.record({
  ...{ type: fc.integer({ min: 1, max: 9 }), pid: fc.nat(4_000_000), line: word(32), id: word(4), user: word(32) },
  ...{ host: word(256), seconds: fc.integer({ min: 1, max: 2 ** 31 - 1 }), micros: fc.nat(999_999) },
  address: fc.oneof(
    fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }),
    fc.array(fc.constantFrom(0, 0, 1, 255), { minLength: 16, maxLength: 16 }),
  ),
});

describe('utmp', () => {
  test('a record is shown as utmpdump shows it', () => {
    assert.equal(
      utmpLine(recordOf(BOB), 0),
      '[7] [04711] [ts/0] [bob     ] [pts/0       ] [web1.example        ] [10.0.0.1       ] [2026-11-22T10:00:00,000005+00:00]',
    );
  });

  test('records are shown as the real utmpdump shows them', needsParts('util-linux'), () => {
    fc.assert(
      fc.property(fc.array(login, { minLength: 1, maxLength: 50 }), (logins) => {
        const records = Buffer.concat(logins.map(recordOf));
        const { stdout } = spawnSync(programPath('utmpdump') ?? '', {
          input: records,
          encoding: 'utf8',
          env: { ...process.env, TZ: 'UTC' },
        });
        const lines = logins.map((_, i) => utmpLine(records, i * UTMP_BYTES));
        assert.deepEqual(lines, stdout.trimEnd().split('\n'));
      }),
      { numRuns: 10 },
    );
  });

  test('becomes a record with time, pid and fields; empty ones are passed over, and the bytes add up', () => {
    const content = Buffer.concat([
      recordOf(BOB),
      Buffer.alloc(UTMP_BYTES),
      recordOf({ ...BOB, user: 'al\nice', pid: 0 }),
    ]);
    const messages = shapeText(content, { transform: { pattern: { builtin: 'utmp' } }, input: { record: UTMP_BYTES } });
    assert.equal(messages.length, 2);
    assert.match(
      messages[0]!,
      /^<14>1 2026-11-22T10:00:00.000005Z agent app 04711 - \[tail@32473 f="\w+" at="0" len="384"\]/,
    );
    const { MSG, ...fields } = jsonOf(messages[0]!);
    assert.equal(MSG, utmpLine(content, 0));
    assert.deepEqual(fields, {
      ADDRESS: '10.0.0.1',
      FROM: 'web1.example',
      ID: 'ts/0',
      LINE: 'pts/0',
      TYPE: '7',
      USER: 'bob',
    });
    assert.match(messages[1]!, / at="768" len="384" skip="384"\] .*"USER":"al\?ice"/);
  });
});
