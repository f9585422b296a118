import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { describe, test } from 'node:test';
import { createOwnWriter } from '../../agent/shape/own.ts';
import { EVERYTHING } from '../../agent/shape/select.ts';
import type { RecordConfig } from '../../agent/types.ts';
import { lossParams, markParam, readNotice } from '../../agent/wire/notice.ts';
import { readRfc5424 } from '../../agent/wire/rfc5424.ts';
import { jsonOf, messagesOf, NOON } from './shaped.ts';

const LOSS = {
  severity: 'warning',
  msg: '12 bytes of /var/log/ä.log are lost',
  params: lossParams({ gen: 'aaaabbbbccccdddd', from: 5, bytes: 12, why: 'truncated' }),
};

function written(changes: Partial<RecordConfig> = {}, record = LOSS): string {
  const config: RecordConfig = {
    ...{ format: 'rfc5424', chunk: 0, json: 'own', hostname: 'agent', sdId: 'tail@32473', select: EVERYTHING },
    ...{ mark: undefined, reportLoss: true, template: undefined, recordTemplate: undefined },
    ...changes,
  };
  const batch = createOwnWriter(config, 'input', 'UTC').batch([record], NOON);
  assert.deepEqual([batch.marks, batch.tally.sent], [[], { lines: 0, bytes: 0 }]);
  const [message] = messagesOf(batch);
  assert.ok(isUtf8(message!) && !message!.includes('\n'));
  return message!.toString();
}

describe("a record of the agent's own", () => {
  test('rfc5424: parameters stand in the element with the SD-ID, and can be read back', () => {
    const message = written();
    assert.equal(
      message,
      '<44>1 2024-07-15T12:00:00.000Z agent tailship - - [tail@32473 of="aaaabbbbccccdddd" from="5" lost="12" why="truncated"] {"MSG":"12 bytes of /var/log/ä.log are lost"}',
    );
    assert.deepEqual(readNotice(readRfc5424(message)!.sd), {
      marks: [],
      loss: { gen: 'aaaabbbbccccdddd', from: 5, bytes: 12, why: 'truncated' },
      dropped: undefined,
    });
  });

  test('rfc3164 and script: parameters are members of the JSON', () => {
    const rfc3164 = written({ format: 'rfc3164' });
    assert.match(rfc3164, /^<44>Jul 15 12:00:00 agent tailship: \{/);
    assert.deepEqual(jsonOf(rfc3164), {
      FROM: '5',
      LOST: '12',
      MSG: LOSS.msg,
      OF: 'aaaabbbbccccdddd',
      WHY: 'truncated',
    });
    const script = written({ format: 'script' });
    assert.match(script, /^<44>\{"FROM": "5", "HEADER": "/);
    assert.deepEqual([jsonOf(script).OWNER, jsonOf(script).PRI, jsonOf(script).MSG], ['tailship', '44', LOSS.msg]);
  });

  test('marks of several generations stand in one record', () => {
    const marks = [
      { gen: 'aa', offset: 10, skip: 0 },
      { gen: 'bb', offset: 20, skip: 3 },
    ];
    const mark = { severity: 'info', msg: '-- MARK --', params: marks.map(markParam) };
    const message = written({}, mark);
    assert.match(message, /\[tail@32473 mark="aa:10" mark="bb:20:3"\] \{"MSG":"-- MARK --"\}$/);
    assert.deepEqual(readNotice(readRfc5424(message)!.sd), { marks, loss: undefined, dropped: undefined });
    assert.deepEqual(jsonOf(written({ format: 'rfc3164' }, mark)), { MARK: 'aa:10 bb:20:3', MSG: '-- MARK --' });
  });

  test('without parameters has no element', () => {
    assert.match(written({}, { severity: 'info', msg: '-- MARK --', params: [] }), / - - - \{"MSG":"-- MARK --"\}$/);
  });

  test('never exceeds chunk: its text loses its end', () => {
    const long = { ...LOSS, msg: `bytes of /${'ä'.repeat(2000)} are lost` };
    for (const format of ['rfc5424', 'rfc3164', 'script'] as const) {
      const message = written({ format, chunk: 480 }, long);
      assert.ok(Buffer.byteLength(message) <= 480);
      assert.ok(long.msg.startsWith(jsonOf(message).MSG!) && jsonOf(message).MSG!.length > 5);
    }
  });
});
