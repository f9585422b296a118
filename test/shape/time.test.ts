import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createTimestamps } from '../../agent/shape/time.ts';
import { isWrittenTime } from '../../agent/shape/writtentime.ts';
import { createZone } from '../../agent/shape/zone.ts';
import { chunkOf, contextOf, jsonOf, NOON, shaperOf, shapeText } from './shaped.ts';

const berlin = () => createTimestamps('Europe/Berlin', 'rfc5424');
const at = (text: string) => Date.parse(text);

test("the host's own zone is what its name says, summer and winter", (t) => {
  const { TZ } = process.env;
  t.after(() => {
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  });
  const instant = fc.integer({ min: at('1975-01-01'), max: at('2037-12-31') });
  for (const name of ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC']) {
    process.env.TZ = name;
    const [own, named] = [createZone('local'), createZone(name)];
    fc.assert(
      fc.property(instant, (time) => {
        assert.equal(own.offset(time), named.offset(time), name);
        assert.equal(own.offsetOfLocal(time, time), named.offsetOfLocal(time, time), name);
      }),
      { numRuns: 300 },
    );
  }
});

describe('a time as a line has it', () => {
  test('becomes an RFC 3339 timestamp with the offset of its zone', () => {
    const { written } = berlin();
    assert.equal(written('Jul 15 11:30:35', NOON), '2024-07-15T11:30:35+02:00');
    assert.equal(written('Jan  5 11:30:35', at('2024-01-06')), '2024-01-05T11:30:35+01:00');
    assert.equal(createTimestamps('UTC', 'rfc5424').written('Jul 15 11:30:35', NOON), '2024-07-15T11:30:35Z');
    assert.equal(
      createTimestamps('Asia/Kathmandu', 'rfc5424').written('Jul 15 11:30:35', NOON),
      '2024-07-15T11:30:35+05:45',
    );
    assert.equal(
      createTimestamps('America/St_Johns', 'rfc5424').written('Jul 15 11:30:35', NOON),
      '2024-07-15T11:30:35-02:30',
    );
  });

  test('is understood in the forms that logs have', () => {
    const cases = [
      ['July 5 11:30:35', '2024-07-05T11:30:35+02:00'],
      ['Jul 15 11:30:35.1234', '2024-07-15T11:30:35.1234+02:00'],
      ['Jul 15 2023 11:30:35', '2023-07-15T11:30:35+02:00'],
      ['Sat Jul 15 11:30:35 2023', '2023-07-15T11:30:35+02:00'],
      ['[Sat Jul 15 11:30:35.123456 2023]', '2023-07-15T11:30:35.123456+02:00'],
      ['2024-07-15T11:30:35Z', '2024-07-15T11:30:35Z'],
      ['2024-07-15T11:30:35.5+05:30', '2024-07-15T11:30:35.5+05:30'],
      ['2024-07-15 11:30:35,123', '2024-07-15T11:30:35.123+02:00'],
      ['2024-07-15 11:30:35 -0700', '2024-07-15T11:30:35-07:00'],
      ['2024-07-15 11:30', '2024-07-15T11:30:00+02:00'],
      ['2024/07/15 11:30:35', '2024-07-15T11:30:35+02:00'],
      ['20240715T113035.25+02', '2024-07-15T11:30:35.25+02:00'],
      ['15/Jul/2024:11:30:35 +0200', '2024-07-15T11:30:35+02:00'],
      ['Mon, 15 Jul 2024 11:30:35 GMT', '2024-07-15T11:30:35Z'],
      ['Jul 15, 2024 1:30:35 PM', '2024-07-15T13:30:35+02:00'],
      ['2024-07-15 12:30:35 am', '2024-07-15T00:30:35+02:00'],
      ['2024-07-15 11:30:35.123 CET', '2024-07-15T11:30:35.123+01:00'],
      ['2024-07-15 11:30:35 EDT', '2024-07-15T11:30:35-04:00'],
      ['2024-07-15 11:30:35.123456 +0000 UTC', '2024-07-15T11:30:35.123456Z'],
      ['15.07.2024 11:30:35', '2024-07-15T11:30:35+02:00'],
      ['24/07/15 11:30:35', '2024-07-15T11:30:35+02:00'],
      ['240715 113035', '2024-07-15T11:30:35+02:00'],
      ['240715  1:30:35', '2024-07-15T01:30:35+02:00'],
      ['990715 113035', '1999-07-15T11:30:35+02:00'],
      ['07-15 11:30:35.123', '2024-07-15T11:30:35.123+02:00'],
      ['0715 11:30:35.123456', '2024-07-15T11:30:35.123456+02:00'],
      ['1721043035', '2024-07-15T11:30:35Z'],
      ['1721043035.25', '2024-07-15T11:30:35.25Z'],
      ['1721043035123', '2024-07-15T11:30:35.123Z'],
      ['1721043035123456', '2024-07-15T11:30:35.123456Z'],
    ] as const;
    const { written } = berlin();
    for (const [text, stamp] of cases) assert.equal(written(text, NOON), stamp, text);
  });

  test('keeps its fraction as written, up to six digits', () => {
    const { written } = berlin();
    assert.equal(written('2024-07-15T11:30:35.100Z', NOON), '2024-07-15T11:30:35.100Z');
    assert.equal(written('2024-07-15T11:30:35.123456789Z', NOON), '2024-07-15T11:30:35.123456Z');
    assert.equal(written('2024-07-15T11:30:35.987654321Z', NOON), '2024-07-15T11:30:35.987654Z');
  });

  test('shows a leap second as the one before it', () => {
    assert.equal(berlin().written('2016-12-31T23:59:60Z', NOON), '2016-12-31T23:59:59Z');
  });

  test('is not read where no clock or calendar shows it', () => {
    const { written } = berlin();
    const wrong = [
      'Foo 15 11:30:35',
      'Ju 15 11:30:35',
      'Jul 32 11:30:35',
      'Jul 0 11:30:35',
      'Jul 15 24:30:35',
      'Jul 15 11:60:35',
    ];
    const more = [
      'Jul 15 11:30:61',
      'Feb 30 11:30:35',
      '2023-02-29 11:30:35',
      '2024-13-01 11:30:35',
      '24/13/01 11:30:35',
      '13-01 11:30:35',
      '2024-07-15 13:30:35 PM',
      '2024-07-15 0:30:35 AM',
      '2024-07-15 11:30:35 IST',
      '0001-01-01 00:00:00',
      'today',
      '',
      '12',
    ];
    for (const text of [...wrong, ...more]) assert.equal(written(text, NOON), undefined, text);
  });

  test('without a year takes the one nearest to the time of the file', () => {
    const { written } = berlin();
    assert.equal(written('Dec 31 23:59:59', at('2025-01-01T00:00:05Z')), '2024-12-31T23:59:59+01:00');
    assert.equal(written('Jan  1 00:00:01', at('2024-12-31T23:00:00Z')), '2025-01-01T00:00:01+01:00');
    assert.equal(written('Jun 30 12:00:00', at('2025-01-01T00:00:00Z')), '2025-06-30T12:00:00+02:00');
    assert.equal(written('Jul  4 12:00:00', at('2025-01-01T00:00:00Z')), '2024-07-04T12:00:00+02:00');
  });

  test('without a year, the lines of half a year before and after the file come out in their order, over New Year and 29 February', () => {
    const day = 86_400_000;
    const short = (ms: number) => {
      const [, date, year, clock] = /, (\d+ \w+) (\d+) ([\d:]+) /.exec(new Date(ms).toUTCString())!;
      const [number, month] = date!.split(' ');
      return { text: `${month} ${Number(number)} ${clock}`, year };
    };
    const end = fc.integer({ min: at('1973-01-01') / 1000, max: at('2099-01-01') / 1000 }).map((s) => s * 1000);
    const ages = fc.array(fc.integer({ min: -180 * day, max: 180 * day }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(end, ages, (modified, before) => {
        const { written } = createTimestamps('UTC', 'rfc5424');
        for (const ms of before.sort((a, b) => b - a).map((age) => Math.floor((modified - age) / 1000) * 1000)) {
          const { text } = short(ms);
          assert.equal(
            Date.parse(written(text, modified)!),
            ms,
            `${text} in a file of ${new Date(modified).toISOString()}`,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  test('on 29 February takes the nearest year that has one', () => {
    const { written } = berlin();
    assert.equal(written('Feb 29 12:00:00', at('2024-03-01')), '2024-02-29T12:00:00+01:00');
    assert.equal(written('Feb 29 12:00:00', at('2025-01-01')), '2024-02-29T12:00:00+01:00');
    assert.equal(written('Feb 29 12:00:00', at('2026-03-01')), '2028-02-29T12:00:00+01:00');
    assert.equal(written('Feb 29 12:00:00', at('2100-02-01')), '2096-02-29T12:00:00+01:00');
  });

  test('where the clocks are set back takes the offset nearer to the time of the file', () => {
    const { written } = berlin();
    assert.equal(written('Oct 27 02:30:00', at('2024-10-27T00:30:00Z')), '2024-10-27T02:30:00+02:00');
    assert.equal(written('Oct 27 02:30:00', at('2024-10-27T01:30:00Z')), '2024-10-27T02:30:00+01:00');
    assert.equal(written('Oct 27 01:59:59', at('2024-10-27T01:30:00Z')), '2024-10-27T01:59:59+02:00');
    assert.equal(written('Oct 27 03:00:00', at('2024-10-27T01:30:00Z')), '2024-10-27T03:00:00+01:00');
  });

  test('where the clocks are set forward, what they skip has the offset from before', () => {
    const { written } = berlin();
    assert.equal(written('Mar 31 01:59:59', NOON), '2024-03-31T01:59:59+01:00');
    assert.equal(written('Mar 31 02:30:00', NOON), '2024-03-31T02:30:00+01:00');
    assert.equal(written('Mar 31 03:00:00', NOON), '2024-03-31T03:00:00+02:00');
    // A half hour only, in the middle of an hour.
    const howe = createTimestamps('Australia/Lord_Howe', 'rfc5424');
    assert.equal(howe.written('2024-10-06 01:59:59', NOON), '2024-10-06T01:59:59+10:30');
    assert.equal(howe.written('2024-10-06 02:30:00', NOON), '2024-10-06T02:30:00+11:00');
  });

  test('gives the same whatever was read before it', () => {
    // Few pieces, so that neighbours often differ in nothing but their last digits.
    const seconds = fc.constantFrom(
      '00',
      '05',
      '59',
      '60',
      '61',
      '00.5',
      '00.7',
      '00.1234567',
      '00.7654321',
      '00,1x',
      'x0',
    );
    const texts = fc
      .tuple(fc.constantFrom('Oct 27 01:59:', '2024-10-27T02:00:'), seconds, fc.constantFrom('', 'Z', '+01'))
      .map((pieces) => pieces.join(''));
    const modified = fc.constantFrom(at('2024-10-27T00:30:00Z'), at('2024-10-27T01:30:00Z'));
    for (const style of ['rfc5424', 'rfc3164'] as const) {
      const fresh = new Map<string, string | undefined>();
      const expected = (text: string, ms: number) => {
        const key = `${text} ${ms}`;
        if (!fresh.has(key)) fresh.set(key, createTimestamps('Europe/Berlin', style).written(text, ms));
        return fresh.get(key);
      };
      fc.assert(
        fc.property(fc.array(fc.tuple(texts, modified), { minLength: 400, maxLength: 500 }), (times) => {
          const { written } = createTimestamps('Europe/Berlin', style);
          for (const [text, ms] of times) {
            assert.equal(written(text, ms), expected(text, ms), text);
            assert.equal(isWrittenTime(text), expected(text, ms) !== undefined, text);
          }
        }),
        { numRuns: 50 },
      );
    }
  });

  test('is the same in a file that was changed within the span that is told, which ends where there may be doubt', () => {
    const day = 86_400_000;
    const spanOf = (text: string, modified: number) => {
      const stamps = berlin();
      const stamp = stamps.written(text, modified);
      return { stamp, ...stamps.sameWithin() };
    };
    const dated = spanOf('2024-07-05T11:30:35', NOON);
    assert.deepEqual([dated.from, dated.to], [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    for (const [text, modified] of [
      ['Jul  5 11:30:35', at('2024-11-05')],
      ['Feb 29 11:30:35', at('2024-05-05')],
    ] as const) {
      const { stamp, from, to } = spanOf(text, modified);
      const instant = Date.parse(stamp!);
      assert.ok(from < instant - 150 * day && to > instant + 150 * day, text);
      for (let i = 0; i <= 20; i += 1) {
        const other = from + ((to - from) * i) / 20;
        assert.equal(berlin().written(text, other), stamp, `${text} in a file of ${new Date(other).toISOString()}`);
      }
    }
    for (const [text, modified] of [
      ['Jul  5 11:30:35', at('2025-01-03')],
      ['2024-10-27 02:30:00', at('2024-10-27T01:25:00Z')],
    ] as const) {
      const { from, to } = spanOf(text, modified);
      assert.deepEqual([from, to], [modified, modified], text);
    }
  });

  test('in rfc3164 is shown as the clocks of the zone show it', () => {
    const { written } = createTimestamps('Europe/Berlin', 'rfc3164');
    assert.equal(written('Jul  5 11:30:35', NOON), 'Jul  5 11:30:35');
    assert.equal(written('2024-07-05T11:30:35.123', NOON), 'Jul  5 11:30:35');
    assert.equal(written('2024-12-31T23:30:35Z', NOON), 'Jan  1 00:30:35');
  });
});

describe('the time of reading', () => {
  test('has milliseconds and the offset of the zone', () => {
    assert.equal(berlin().instant(NOON + 7), '2024-07-15T14:00:00.007+02:00');
    assert.equal(createTimestamps('Europe/Berlin', 'rfc3164').instant(at('2024-12-31T23:30:35Z')), 'Jan  1 00:30:35');
  });

  test('stands in for a time that cannot be read, which is counted and kept', () => {
    const shaper = shaperOf();
    shaper.open(contextOf());
    const line = Buffer.from('Foo 15 11:30:35 host app: text\nJul 15 11:30:35 host app: text\nno match\n');
    const messages = shaper.shape(chunkOf(line)).payload.toString().split('\n');
    assert.match(messages[0]!, /^<14>1 2024-07-15T12:00:00.000Z host app - - .*"TIME":"Foo 15 11:30:35"/);
    assert.match(messages[1]!, /^<14>1 2024-07-15T11:30:35Z host app/);
    assert.equal(jsonOf(messages[1]!).TIME, undefined);
    assert.equal(shaper.status().unreadableTimes, 1);
  });

  test('an unknown zone is refused', () => {
    assert.throws(() => createTimestamps('Mars/Olympus', 'rfc5424'), /'Mars\/Olympus' is no IANA time zone/);
  });

  test('the zone of the transform is used', () => {
    const [message] = shapeText('Jul 15 11:30:35 host app: text\n', { transform: { timezone: 'Asia/Tokyo' } });
    assert.match(message!, /2024-07-15T11:30:35\+09:00/);
  });
});
