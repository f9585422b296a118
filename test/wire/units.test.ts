import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../agent/wire/units.ts';

test('sizes are read in all their units, with and without a blank', () => {
  const cases = {
    '1MiB': 1_048_576,
    '16 MiB': 16_777_216,
    '2KiB': 2048,
    '1GiB': 1_073_741_824,
    '5kB': 5000,
    '5MB': 5_000_000,
    '1.5GB': 1_500_000_000,
    '8096': 8096,
    '0': 0,
    '10B': 10,
    '3mib': 3_145_728,
  };
  for (const [text, bytes] of Object.entries(cases)) assert.equal(parseSize(text), bytes, text);
});

test('what is no size is refused with a sentence that shows how to write one', () => {
  for (const text of ['', 'MiB', '1 TiB', '-1', '1e3', '1,5MB', '1MiB2', 'many', '0x10']) {
    assert.throws(() => parseSize(text), /is not a size: write a number with KiB, MiB/, text);
  }
  assert.throws(() => parseSize('99999999999GiB'), /larger than any file can be/);
});

test('durations are read in all their units and as sums', () => {
  const cases = {
    '250ms': 250,
    '2s': 2000,
    '1.5h': 5_400_000,
    '3m': 180_000,
    '1d': 86_400_000,
    '1m 30s': 90_000,
    '1h30m': 5_400_000,
  };
  for (const [text, ms] of Object.entries(cases)) assert.equal(parseDuration(text), ms, text);
  assert.equal(parseDuration('0'), 0);
  assert.equal(parseDuration(' 10 s '), 10_000);
});

test('a duration without a unit is refused and the cure is named', () => {
  assert.throws(() => parseDuration('10'), /'10' has no unit: write 10s for seconds, or use ms, m, h or d/);
});

test('what is no duration is refused with a sentence that shows how to write one', () => {
  for (const text of ['', 's', '10 parsecs', '-1s', '1s2', '1s,2s', '1 S']) {
    assert.throws(() => parseDuration(text), /is not a duration: write a number with ms, s, m, h or d/, text);
  }
});

test('sizes are shown with the largest unit that fits and one decimal at most', () => {
  assert.deepEqual([0, 999, 1023, 1024, 1536, 1_048_575, 16_777_216, 5 * 2 ** 40].map(formatSize), [
    '0B',
    '999B',
    '1023B',
    '1KiB',
    '1.5KiB',
    '1MiB',
    '16MiB',
    '5120GiB',
  ]);
});

test('durations are shown in their two largest units', () => {
  assert.deepEqual(
    [0, 250, 2500, 59_940, 59_960, 90_000, 3_599_900, 5_400_000, 86_400_000, 100_000_000].map(formatDuration),
    ['0ms', '250ms', '2.5s', '59.9s', '1m', '1m 30s', '1h', '1h 30m', '1d', '1d 4h'],
  );
});

test('a size that is shown can be read back, at most a twentieth of its unit away', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 45 }), (bytes) => {
      const unit = bytes < 1024 ? 0 : bytes < 2 ** 20 ? 1024 : bytes < 2 ** 30 ? 2 ** 20 : 2 ** 30;
      return Math.abs(parseSize(formatSize(bytes)) - bytes) <= unit / 20 + 1;
    }),
  );
});

test('a duration that is shown can be read back, at most half its smaller unit away', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 11 }), (ms) => {
      const unit = ms < 1000 ? 0 : ms < 60_000 ? 100 : ms < 3_600_000 ? 1000 : ms < 86_400_000 ? 60_000 : 3_600_000;
      return Math.abs(parseDuration(formatDuration(ms)) - ms) <= unit / 2;
    }),
  );
});
