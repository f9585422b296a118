import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPriorities, explainPriority } from '../../agent/shape/priority.ts';
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

  test('knows an owner in any case and by globs: his own name first, then the glob that says most of it', () => {
    const of = priorities({
      'ssh*': { facility: 10, severity: undefined },
      'ssh?': { facility: 4, severity: 5 },
      sshd: { facility: undefined, severity: 2 },
      '*': { facility: 17, severity: undefined },
      'a.*': { facility: 20, severity: undefined },
    });
    assert.equal(of('sshd', ''), 17 * 8 + 2);
    assert.equal(of('SSHD', ''), 17 * 8 + 2);
    assert.equal(of('sshx', ''), 10 * 8 + 6);
    assert.equal(of('SSH-agent', '[ERROR]'), 10 * 8 + 3);
    assert.equal(of('a.b', ''), 20 * 8 + 6);
    assert.equal(of('axb', ''), 17 * 8 + 6);
    assert.equal(of('*', ''), 17 * 8 + 6);
  });

  test('reads a level that is a number or a letter, unless [levels] names it', () => {
    const of = (scale: 'syslog' | 'pino' | 'python', level: string, levels = LEVELS) =>
      createPriorities({ levels, owners: new Map() }, scale)('', level) - 8;
    assert.deepEqual(
      ['0', '3', '[7]', '8', '30'].map((level) => of('syslog', level)),
      [0, 3, 7, 6, 6],
    );
    assert.deepEqual(
      ['10', '20', '30', '35', '40', '50', '60'].map((level) => of('pino', level)),
      [7, 7, 6, 6, 4, 3, 2],
    );
    assert.deepEqual(
      ['10', '20', '25', '30', '40', '50'].map((level) => of('python', level)),
      [7, 6, 6, 4, 3, 2],
    );
    assert.deepEqual(
      ['V', 'd', 'I', 'N', 'W', 'E', 'F', 'X'].map((level) => of('syslog', level)),
      [7, 7, 6, 5, 4, 3, 2, 6],
    );
    assert.equal(of('pino', '30', new Map([['30', 1]])), 1);
    assert.equal(of('syslog', 'constructor'), 6);
  });

  test("takes what a line's own PRI says where neither owner nor level does", () => {
    const of = priorities({ '*': { facility: 17, severity: 5 }, a: { facility: 16, severity: undefined } });
    assert.equal(of('app', '', '34'), 34);
    assert.equal(of('app', '[ERROR]', '34'), 4 * 8 + 3);
    assert.equal(of('a', '', '34'), 16 * 8 + 2);
    assert.equal(of('app', '', '192'), 17 * 8 + 5);
  });

  test('is explained by the rule that decided each half, and the explanation gives the same', () => {
    const rules = { levels: LEVELS, owners: new Map([['ssh*', { facility: 10, severity: undefined }], ...OWNERS]) };
    const of = createPriorities(rules);
    const words = (owner: string, level: string, pri = '') => {
      const { facility, severity, facilityBy, severityBy } = explainPriority(rules, 'syslog', { owner, level, pri });
      assert.equal(facility * 8 + severity, of(owner, level, pri));
      return [facilityBy, severityBy];
    };
    assert.deepEqual(words('sshd', '[WARN]'), ['[owners] ssh*', 'level WARN']);
    assert.deepEqual(words('ECMS_troubleshoot', 'x'), ['[owners] *', '[owners] ecms_troubleshoot']);
    assert.deepEqual(words('', '', '34'), ["the line's PRI <34>", "the line's PRI <34>"]);
    assert.deepEqual(words('x', 'y'), ['[owners] *', 'nothing names one']);
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
