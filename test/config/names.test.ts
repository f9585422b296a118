import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../agent/nearest.ts';
import { input, problems } from './load.ts';

test('all problems are reported at once, in the order of the lines, as FILE:LINE: what is wrong. cure', () => {
  const found = problems('stray = 1\n[inptu]\n[input]\npth = /a\npoll = soon\nx\npath = a;b\n[spool]\nfull = bloc\n');
  assert.deepEqual(
    found.map((line) => /^config\.conf:(\d+): .+[.?]$/.exec(line)?.[1]),
    ['1', '2', '4', '5', '6', '7', '9'],
  );
});

test('an unknown section is named with the nearest known one', () => {
  assert.deepEqual(problems('\n[inptu]\n'), ['config.conf:2: [inptu] is no section. Did you mean [input]?']);
  assert.deepEqual(problems('[Input.web]\n'), ['config.conf:1: [Input.web] is no section. Did you mean [input.web]?']);
  assert.match(problems('[kafka]\n')[0] ?? '', /There are \[input\] \[transform\] .*\[agent\]\.$/);
  assert.match(problems('[]\n')[0] ?? '', /^config\.conf:1: \[\] is no section/);
});

test('an unknown key is named with the nearest known one', () => {
  for (const [written, meant] of Object.entries({
    pth: 'path',
    pahts: 'path',
    Path: 'path',
    closeafter: 'close_after',
    'max-line': 'max_line',
  })) {
    assert.deepEqual(problems(`[input]\n${written} = 1\n`), [
      `config.conf:2: '${written}' is no key of [input]. Did you mean '${meant}'?`,
    ]);
  }
  assert.match(
    problems('[log]\nkafka = 1\n')[0] ?? '',
    /^config\.conf:2: 'kafka' is no key of \[log\]\. There are level\.$/,
  );
});

test('a key of another section is sent there', () => {
  assert.deepEqual(problems('[input]\ntarget = x\n'), [
    "config.conf:2: 'target' is no key of [input]. It belongs to [syslog].",
  ]);
  assert.deepEqual(problems('path = /a\n'), [
    "config.conf:1: 'path' stands before the first section. Put [input] or [spool] above it.",
  ]);
});

test('a duplicate key names both lines', () => {
  const [problem, ...others] = problems('[input]\nstart = end\n\nstart = beginning\n');
  assert.deepEqual(others, []);
  assert.match(problem ?? '', /^config\.conf:4: start in \[input\] stands in line 2 already\. /);
});

test('a level word in two spellings is a duplicate', () => {
  assert.match(problems('[levels]\nwarn = err\nWARN = info\n')[0] ?? '', /^config\.conf:3: WARN .* line 2 already/);
});

test('a duplicate section names both lines, and its keys are judged as if they stood in the first', () => {
  const found = problems('[input]\nstart = end\n[log]\n[input]\nstart = end\nfoo = 1\n');
  assert.match(found[0] ?? '', /^config\.conf:4: \[input\] stands in line 1 already\. /);
  assert.match(found[1] ?? '', /^config\.conf:5: start in \[input\] stands in line 2 already/);
  assert.match(found[2] ?? '', /^config\.conf:6: 'foo' is no key/);
});

test('path is a duplicate unless it is written as a list', () => {
  assert.match(
    problems('[input]\npath = /a\npath = /b\n')[0] ?? '',
    /^config\.conf:3: .* line 2 already\. For several write path\[\]/,
  );
  assert.deepEqual(input('[input]\npath[] = /a\npath[] = /b\n').paths, ['/a', '/b']);
  assert.deepEqual(input('[input]\npath = /a\npath[] = /b\npath[] = /a\n').paths, ['/a', '/b']);
  assert.match(
    problems('[input]\nstart[] = end\n')[0] ?? '',
    /^config\.conf:2: start is no list\. Write start = VALUE/,
  );
});

test('a bad item of a list is reported with its own line', () => {
  assert.match(problems('[input]\npath[] = /a\npath[] =\n')[0] ?? '', /^config\.conf:3: path: /);
});

test('only inputs, what goes with them, and destinations have names', () => {
  assert.deepEqual(problems('[spool.web]\n'), ['config.conf:1: [spool] takes no name. Write [spool].']);
  assert.match(problems('[input.]\n')[0] ?? '', /^config\.conf:1: '' cannot be a name/);
  assert.match(problems('[input.a b]\n')[0] ?? '', /^config\.conf:1: 'a b' cannot be a name/);
  assert.match(problems('[input.input]\n')[0] ?? '', /^config\.conf:1: the name input belongs to \[input\] itself/);
});

test('names that JavaScript knows are unknown sections and keys, or words like any other', () => {
  assert.equal(
    problems('[constructor]\n[__proto__]\n[toString]\n[input]\nhasOwnProperty = 1\n__proto__ = 2\n').length,
    5,
  );
  assert.equal(input('[owners]\nconstructor = local0.err\n').transform.owners.get('constructor')?.facility, 16);
  assert.match(problems("[owners]\n__proto__ = local0.err\n'a[]' = local0.err\n")[1] ?? '', /'a\[\]' cannot be a key/);
});

test('the nearest word is near: a slip of the finger, another case, a beginning', () => {
  const known = ['path', 'start', 'poll', 'close_after'];
  assert.equal(nearest('apth', known), 'path');
  assert.equal(nearest('START', known), 'start');
  assert.equal(nearest('close', known), 'close_after');
  assert.equal(nearest('encoding', known), undefined);
  assert.equal(nearest('', known), undefined);
  assert.equal(nearest('x'.repeat(100_000), known), undefined);
});
