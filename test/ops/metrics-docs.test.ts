import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { FAMILIES } from '../../agent/ops/metrics.ts';

const docs = path.resolve(import.meta.dirname, '../../docs');
const read = (name: string) => fs.readFileSync(path.join(docs, name), 'utf8');
const known = new Map(FAMILIES.map((family) => [family.name, family]));

/** Expressions name metrics that exist, counters only inside of a rate or an increase, and labels that the metrics have. */
function judge(expression: string): void {
  const names = expression.match(/\b(?:tailship|process)_\w+/g) ?? [];
  for (const name of names) {
    const family = known.get(name);
    assert.ok(family, `${name} in ${expression} does not exist`);
    const rated = new RegExp(`(rate|increase)\\(${name}(\\{[^}]*\\})?\\[`).test(expression);
    // What was lost at any time is shown as a sum.
    const ever = name === 'tailship_lost_bytes_total' && expression.startsWith('sum(');
    assert.equal(rated || ever, family.kind === 'counter', `${name} is a ${family.kind} in ${expression}`);
  }
  for (const [, name, matchers] of expression.matchAll(/\b(tailship_\w+)\{([^}]*)\}/g)) {
    const labels = [...matchers!.matchAll(/(\w+)\s*[!=]/g)].map(([, label]) => label!);
    for (const label of labels.filter((one) => one !== 'instance'))
      assert.ok(known.get(name!)?.labels.includes(label), `${name} has no label ${label}: ${expression}`);
  }
}

test('docs/metrics.md lists every metric with kind, labels and meaning, and no other', () => {
  const rows = read('metrics.md')
    .split('\n')
    .filter((line) => /^\| `\w+` \| (counter|gauge) /.test(line));
  const expected = FAMILIES.map(
    ({ name, kind, labels, help }) => `| \`${name}\` | ${kind} | ${labels.join(', ') || '–'} | ${help} |`,
  );
  assert.deepEqual(rows, expected);
});

test('every alert rule names metrics and labels that exist, and tells what to do', () => {
  const rules = read('alerts.yml')
    .split(/^ {6}- /m)
    .slice(1);
  assert.ok(rules.length >= 10);
  for (const rule of rules) {
    const expression = /^ {8}expr: (.+)$/m.exec(rule)?.[1];
    assert.ok(expression !== undefined && /^alert: Tailship\w+$/m.test(rule), rule);
    assert.match(rule, /severity: (critical|warning|info)/);
    assert.match(rule, /^ {10}summary: .+\n {10}description: .+$/m);
    assert.match(expression, /tailship/);
    judge(expression);
  }
});

test('the Grafana dashboard is JSON whose panels name metrics and labels that exist', () => {
  type Panel = { readonly id: number; readonly title: string; readonly targets: readonly { readonly expr: string }[] };
  const { panels } = JSON.parse(read('grafana.json')) as { readonly panels: readonly Panel[] };
  assert.ok(panels.length >= 10);
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const { expr } of panels.flatMap(({ targets }) => targets)) {
    assert.match(expr, /instance=~"\$instance"/);
    judge(expr);
  }
});
