import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EVERYTHING, readSelector, selects } from '../../agent/shape/select.ts';
import { readIdentity } from '../../agent/wire/identity.ts';
import { readRfc5424 } from '../../agent/wire/rfc5424.ts';
import { problem } from '../config/load.ts';
import { chunkOf, contextOf, jsonOf, messagesOf, type Setup, shaperOf } from './shaped.ts';

const LINES = ['[ERROR] a', '[INFO] b', '  at b', '[WARN] c', '[DEBUG] d']
  .map((text) => (text.startsWith('[') ? `Jul  5 11:30:35 host app: ${text}\n` : `${text}\n`))
  .join('');
const LENGTHS = LINES.split('\n').map((line) => line.length + 1);

function shape(selector: string, transform: Setup['transform'] = {}) {
  const shaper = shaperOf({ record: { select: readSelector(selector) }, transform });
  shaper.open(contextOf());
  const batches = [shaper.shape(chunkOf(Buffer.from(LINES))), shaper.flush(1)].filter((batch) => batch !== undefined);
  const texts = batches.flatMap((batch) => messagesOf(batch).map(String));
  return {
    msgs: texts.map((text) => jsonOf(text).MSG),
    skips: texts.map((text) => readIdentity(readRfc5424(text)!.sd[0]!)!.skip),
    left: batches.at(-1)!.marks.at(-1)!.skip,
    filtered: batches.reduce((sum, { tally }) => sum + tally.filtered.lines, 0),
    sent: batches.reduce((sum, { tally }) => sum + tally.sent.lines, 0),
  };
}

describe('a selector', () => {
  test('leaves records out, which count as filtered, and the next record says how many bytes they were', () => {
    const { msgs, skips, left, filtered, sent } = shape('*.warning');
    assert.deepEqual(msgs, ['a', 'c']);
    assert.deepEqual(skips, [undefined, LENGTHS[1]! + LENGTHS[2]!]);
    assert.deepEqual([left, filtered, sent], [LENGTHS[4], 3, 2]);
  });

  test('leaves a joined record out with all its lines', () => {
    const { msgs, skips, left, filtered, sent } = shape('*.warning', { unmatched: 'join' });
    assert.deepEqual(msgs, ['a', 'c']);
    assert.deepEqual(skips, [undefined, LENGTHS[1]! + LENGTHS[2]!]);
    assert.deepEqual([left, filtered, sent], [LENGTHS[4], 3, 2]);
  });

  test('takes facilities by name, synonym, list, number and *', () => {
    const chosen = (selector: string) => FACILITY_NUMBERS.filter((f) => selects(readSelector(selector), f * 8 + 6));
    assert.deepEqual(chosen('kern,security,local7.info'), [0, 4, 23]);
    assert.deepEqual(chosen('2,16.info;audit.info'), [2, 13, 16]);
    assert.deepEqual(chosen('*.info;mail,news.none').length, 22);
    assert.deepEqual(readSelector('*.*'), EVERYTHING);
  });

  test('that cannot be read is refused with the part, the reason and the cure', () => {
    const wrong: readonly [string, RegExp][] = [
      ["'*.info;mail'", /'mail' is no part of a selector\. Write FACILITY\.SEVERITY, such as/],
      ["'*.info;'", /'' is no part of a selector/],
      ["'mial.info'", /'mial' in 'mial\.info' is no facility\. Write one of kern user/],
      ["'mail.inf'", /'inf' in 'mail\.inf' is no severity\. Write one of emerg alert/],
      ["'mail.=none'", /'=' in 'mail\.=none' means one severity, and none is none\. Leave the = out/],
      ['', /there is no selector/],
    ];
    for (const [text, sentence] of wrong) assert.match(problem('syslog', 'select', text), sentence);
  });
});

const FACILITY_NUMBERS = [...Array(24).keys()];
