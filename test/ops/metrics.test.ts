import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderMetrics } from '../../agent/ops/metrics.ts';
import { DRAINING } from './parts.ts';

const PAIR = 'input="input",destination="syslog"';

test('a scrape names every part of the ledger, in lines and in bytes', async () => {
  const text = await renderMetrics(DRAINING);
  const lines = new Set(text.split('\n'));
  for (const line of [
    `tailship_lines_read_total{${PAIR}} 12345`,
    `tailship_lines_acked_total{${PAIR}} 11000`,
    `tailship_lines_filtered_total{${PAIR}} 21`,
    `tailship_lines_dropped_total{${PAIR},cause="unmatched"} 20`,
    // What never happened is there too, so that the first time is an increase.
    `tailship_lines_dropped_total{${PAIR},cause="spool-full"} 0`,
    'tailship_lost_bytes_total{input="input",cause="deleted"} 0',
    `tailship_lines_repeated_total{${PAIR}} 7`,
    `tailship_spool_lines{${PAIR}} 1204`,
    `tailship_underway_lines{${PAIR}} 100`,
    `tailship_bytes_read_total{${PAIR}} 1234500`,
    `tailship_bytes_acked_total{${PAIR}} 1100000`,
    `tailship_bytes_dropped_total{${PAIR},cause="unmatched"} 2000`,
    `tailship_spool_bytes{${PAIR}} 120400`,
    `tailship_underway_bytes{${PAIR}} 10000`,
    `tailship_behind_bytes{${PAIR}} 65536`,
    'tailship_lost_bytes_total{input="input",cause="truncated"} 512',
    `tailship_read_lines_per_second{${PAIR}} 10`,
    `tailship_oldest_unsettled_seconds{${PAIR}} 5`,
    `tailship_unmatched_lines_total{${PAIR}} 4`,
    `tailship_files{${PAIR}} 2`,
    `tailship_unreadable_files{${PAIR}} 0`,
    'tailship_destination_state{destination="syslog",state="draining"} 1',
    'tailship_destination_state{destination="syslog",state="live"} 0',
    'tailship_acked_lines_per_second{destination="syslog"} 400',
    'tailship_refused_records_total{destination="syslog"} 3',
    'tailship_spool_limit_bytes 1073741824',
    'tailship_health{state="healthy"} 1',
    'tailship_health{state="unhealthy"} 0',
    'process_cpu_seconds_total 12.5',
    'tailship_link_up{destination="syslog"} 1',
    'tailship_spool_rows{destination="syslog"} 12',
    'tailship_spool_oldest_seconds{destination="syslog"} 252',
    'tailship_build_info{version="1.2.3"} 1',
  ]) {
    assert.ok(lines.has(line), `${line} is missing in\n${text}`);
  }
});

test('two scrapes of the same status are the same: nothing is added up twice', async () => {
  assert.equal(await renderMetrics(DRAINING), await renderMetrics(DRAINING));
});

test('no file name is a label, so that labels stay bounded', async () => {
  assert.doesNotMatch(await renderMetrics(DRAINING), /app\.log/);
});
