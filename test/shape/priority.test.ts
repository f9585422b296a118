import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPriorities } from '../../agent/shape/priority.ts';
import type { PriorityRule } from '../../agent/types.ts';
import { LEVELS, OWNERS, shapeText } from './shaped.ts';

const priorities = (owners: Readonly<Record<string, PriorityRule>>) =>
  createPriorities({ levels: LEVELS, owners: new Map(Object.entries(owners)) });

describe('PRI', () => {
  test('is user.info where neither owner nor level says anything', () => {
    assert.equal(priorities({})('app', ''), 14);
    assert.equal(priorities({})('', '[chatty]'), 14);
  });

  test('takes the severity from the level, with or without brackets, in any case', () => {
    const of = priorities({});
    for (const level of ['ERROR', '[ERROR]', 'error', '[Error]']) assert.equal(of('app', level), 11, level);
    assert.equal(of('app', '[DEBUG]'), 15);
    assert.equal(of('app', '[ERROR'), 14);
  });

  test("takes each half that the owner's rule names, and the severity before the level's", () => {
    const of = priorities({
      a: { facility: 16, severity: 5 },
      b: { facility: undefined, severity: 0 },
      c: { facility: 16, severity: undefined },
    });
    assert.equal(of('a', '[ERROR]'), 16 * 8 + 5);
    assert.equal(of('b', '[ERROR]'), 8);
    assert.equal(of('c', '[ERROR]'), 16 * 8 + 3);
    assert.equal(of('c', ''), 16 * 8 + 6);
  });

  test('takes what * says as the last resort for each half, behind the level', () => {
    const of = priorities({ '*': { facility: 17, severity: 5 }, b: { facility: undefined, severity: 0 } });
    assert.equal(of('app', ''), 17 * 8 + 5);
    assert.equal(of('app', '[ERROR]'), 17 * 8 + 3);
    assert.equal(of('b', '[ERROR]'), 17 * 8);
    const plain = priorities({ '*': { facility: 1, severity: 6 } });
    assert.equal(plain('app', '[WARN]'), 12);
  });

  test('stays the same however many owners and levels there were before', () => {
    const of = priorities({ app: { facility: 16, severity: undefined } });
    for (let i = 0; i < 5000; i += 1) {
      assert.equal(of(`owner${i}`, `[level${i % 7}]`), 14);
      assert.equal(of('app', '[ERROR]'), 131);
    }
  });

  test('stands in the message, and of the built-in owner is emerg', () => {
    const line = 'Jul 15 11:30:35 host ecms_troubleshoot: [1][DEBUG] text\n';
    assert.match(shapeText(line, { transform: { owners: OWNERS } })[0]!, /^<8>1 /);
  });
});
