import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { memoryOf } from '../../agent/shape/put.ts';
import { createStampBytes } from '../../agent/shape/stampbytes.ts';
import { createTimestamps } from '../../agent/shape/time.ts';

const MINUTE = 60_000;
/** Zones that change by an hour, by half of one, and one that never does and stands beside the hour. */
const ZONES = ['UTC', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu'];
/** What clocks show soon before they change somewhere, and before the turn of a year. */
const BEGINNINGS = ['2024-03-31T01:30', '2024-04-07T01:10', '2024-10-06T01:40', '2024-10-27T01:40', '2024-12-31T22:00'];

/** The same time as applications write it. */
const FORMS: readonly ((date: Date) => string)[] = [
  (date) => date.toUTCString().replace(/^\w+, (\d+) (\w+) \d+ (.*) GMT$/, '$2 $1 $3'),
  (date) => date.toISOString(),
  (date) => date.toISOString().replace('Z', '654321Z'),
  (date) => `${date.toISOString().slice(0, 19)}+05:30`,
  (date) => date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, ''),
];

test('a time that follows another has the stamp that it would have alone, whatever the zone and however far it moved', () => {
  const walk = fc.record({
    zone: fc.constantFrom(...ZONES),
    style: fc.constantFrom('rfc5424' as const, 'rfc3164' as const),
    form: fc.constantFrom(...FORMS),
    begin: fc.constantFrom(...BEGINNINGS),
    // Anywhere within a day, or about when a zone's clocks show the time.
    later: fc.oneof(
      fc.integer({ min: -1440, max: 1440 }).map((minutes) => minutes * MINUTE),
      fc
        .tuple(fc.constantFrom(0, -60, -120, -345, -630, -660), fc.integer({ min: -40, max: 40 }))
        .map(([offset, minutes]) => (offset + minutes) * MINUTE),
    ),
    // Whether the file is changed with every line, as one that is written to is.
    grows: fc.boolean(),
    steps: fc.array(fc.oneof(fc.nat(2000), fc.nat(5 * MINUTE), fc.integer({ min: -MINUTE, max: 40 * MINUTE })), {
      maxLength: 40,
    }),
  });
  fc.assert(
    fc.property(walk, ({ zone, style, form, begin, later, grows, steps }) => {
      const stamps = createStampBytes(createTimestamps(zone, style));
      let instant = Date.parse(`${begin}Z`);
      let modified = instant + later;
      for (const step of steps) {
        instant += step;
        if (grows) modified = instant + later;
        const text = form(new Date(instant));
        const line = memoryOf(Buffer.from(`<${text}>`));
        const piece = stamps.written(line, 1, line.bytes.length - 1, modified);
        const expected = createTimestamps(zone, style).written(text, modified);
        assert.equal(piece?.bytes.toString('latin1', 0, piece.length), expected, text);
      }
    }),
    { numRuns: 300 },
  );
});

test('a minute that is none, and digits that are none, are not put into the stamp of the time before', () => {
  const stamps = createStampBytes(createTimestamps('UTC', 'rfc5424'));
  const now = Date.UTC(2024, 6, 15);
  const written = (text: string) => {
    const piece = stamps.written(memoryOf(Buffer.from(text)), 0, text.length, now);
    return piece?.bytes.toString('latin1', 0, piece.length);
  };
  assert.equal(written('Jul 15 11:59:35'), '2024-07-15T11:59:35Z');
  for (const text of ['Jul 15 11:60:35', 'Jul 15 11:5a:35', 'Jul 15 11:59:61', 'Jul 15 11:59:3x'])
    assert.equal(written(text), undefined, text);
});
