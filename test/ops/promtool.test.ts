/** What Prometheus itself says of the metrics and the alert rules, by its own promtool. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { renderMetrics } from '../../agent/ops/metrics.ts';
import { ROOT } from '../harness/agent.ts';
import { needsParts } from '../harness/system.ts';
import { scene } from '../harness/temp.ts';
import { DRAINING } from './parts.ts';

const RULES = path.join(ROOT, 'docs/alerts.yml');
const parts = needsParts('prometheus');

function promtool(args: readonly string[], input = ''): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

const AGENT = 'instance="web1",job="tailship"';
const PAIR = `${AGENT},input="app",destination="syslog"`;
const lost = (causes: string) => `tailship_lost_bytes_total{${AGENT},input="app",cause="truncated"} ${causes}`;
const dropped = (cause: string) => `tailship_lines_dropped_total{${PAIR},cause="${cause}"} 0x5 7x30`;
const rates = (unmatched: string) => [
  `tailship_lines_read_total{${PAIR}} 0+600x90`,
  `tailship_unmatched_lines_total{${PAIR}} ${unmatched}`,
];
const spool = (rows: number, share: number) => [
  `tailship_spool_disk_bytes{${AGENT}} ${share}x60`,
  `tailship_spool_limit_bytes{${AGENT}} 100x60`,
  `tailship_spool_rows{${AGENT},destination="syslog"} ${rows}x60`,
];

/** By alert: what is scraped once a minute where it fires after `after` minutes, and where it never does. */
const STORIES: Readonly<Record<string, { after: number; fires: readonly string[]; never: readonly string[] }>> = {
  TailshipGone: { after: 5, fires: [`up{${AGENT}} 0x10`], never: [`up{${AGENT}} 1x4 0 1x5`] },
  TailshipStuck: {
    after: 3,
    fires: [`tailship_health{${AGENT},state="unhealthy"} 1x10`],
    never: [`tailship_health{${AGENT},state="unhealthy"} 0x10`, `tailship_health{${AGENT},state="degraded"} 1x10`],
  },
  TailshipServerAway: {
    after: 12,
    fires: [`tailship_link_up{${AGENT},destination="syslog"} 0x20`],
    never: [`tailship_link_up{${AGENT},destination="syslog"} 1x5 0x10`],
  },
  TailshipSpoolFillsUp: { after: 7, fires: spool(3, 90), never: spool(0, 90) },
  TailshipBehind: {
    after: 12,
    fires: [`tailship_oldest_unsettled_seconds{${PAIR}} 400x20`],
    never: [`tailship_oldest_unsettled_seconds{${PAIR}} 290x20`],
  },
  TailshipLosesBytes: { after: 7, fires: [lost('0x5 512x20')], never: [lost('512x20')] },
  TailshipDropsLines: { after: 7, fires: [dropped('spool-full')], never: [dropped('unmatched')] },
  TailshipServerRefuses: {
    after: 7,
    fires: [`tailship_refused_records_total{${AGENT},destination="syslog"} 0x5 1x20`],
    never: [`tailship_refused_records_total{${AGENT},destination="syslog"} 9x20`],
  },
  TailshipCannotRead: {
    after: 7,
    fires: [`tailship_unreadable_files{${PAIR}} 1x20`],
    never: [`tailship_unreadable_files{${PAIR}} 1 0x20`],
  },
  TailshipPatternDoesNotFit: { after: 60, fires: rates('0+300x90'), never: rates('0+6x90') },
};

test('promtool takes the alert rules, and every one has a story', parts, () => {
  const { status, said } = promtool(['check', 'rules', RULES]);
  assert.equal(status, 0, said);
  const { groups } = parse(fs.readFileSync(RULES, 'utf8')) as { groups: { rules: { alert: string }[] }[] };
  assert.deepEqual(
    groups.flatMap(({ rules }) => rules.map(({ alert }) => alert)),
    Object.keys(STORIES),
  );
});

test('every alert fires where it should, and is silent where it should not', parts, (t) => {
  const s = scene(t);
  const series = (lines: readonly string[]) =>
    lines.map((line) => ({
      series: line.slice(0, line.indexOf('} ') + 1),
      values: line.slice(line.indexOf('} ') + 2),
    }));
  const tests = Object.entries(STORIES).flatMap(([alert, { after, fires, never }]) => {
    const firing = { expr: `count(ALERTS{alertname="${alert}",alertstate="firing"})`, eval_time: `${after}m` };
    return [
      {
        interval: '1m',
        input_series: series(fires),
        promql_expr_test: [{ ...firing, exp_samples: [{ labels: '{}', value: 1 }] }],
      },
      { interval: '1m', input_series: series(never), promql_expr_test: [{ ...firing, exp_samples: [] }] },
    ];
  });
  fs.writeFileSync(s.at('stories.yml'), stringify({ rule_files: [RULES], evaluation_interval: '1m', tests }));
  const { status, said } = promtool(['test', 'rules', s.at('stories.yml')]);
  assert.equal(status, 0, said);
});

test('promtool takes every expression of the dashboard', parts, (t) => {
  const s = scene(t);
  type Panel = { readonly targets?: readonly { readonly expr: string }[] };
  const { panels } = JSON.parse(fs.readFileSync(path.join(ROOT, 'docs/grafana.json'), 'utf8')) as { panels: Panel[] };
  const exprs = panels.flatMap(({ targets = [] }) =>
    targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '1m')),
  );
  assert.ok(exprs.length > 10);
  const rules = exprs.map((expr, i) => ({ record: `dashboard:${i}`, expr }));
  fs.writeFileSync(s.at('dashboard.yml'), stringify({ groups: [{ name: 'dashboard', rules }] }));
  const { status, said } = promtool(['check', 'rules', s.at('dashboard.yml')]);
  assert.equal(status, 0, said);
});

test('promtool takes a scrape, and its lint has nothing to say', parts, async () => {
  const { status, said } = promtool(['check', 'metrics'], await renderMetrics(DRAINING));
  assert.deepEqual([status, said], [0, '']);
});
