import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { rowOf } from '../../agent/receive/row.ts';
import { leftBehind, ROOT, startAgent, status, stopped, writeConfig } from '../harness/agent.ts';
import { freePort, start } from '../harness/processes.ts';
import { needsParts } from '../harness/system.ts';
import { type Scene, scene } from '../harness/temp.ts';
import { until } from '../harness/wait.ts';
import { journal, PLANTED } from '../receive/records.ts';

const PARTS = needsParts('rsyslog', 'rsyslog-relp', 'rsyslog-mysql', 'mariadb-server');

async function run(s: Scene, program: string, args: readonly string[] = []): Promise<string> {
  const running = start(s, program, args);
  const { code } = await running.exited;
  assert.equal(code, 0, running.stdout() + running.stderr());
  return running.stdout();
}

/** A collector in the scene, as `scripts/collector` sets it up. `query` gives the rows that a statement finds, as objects. */
async function startCollector(s: Scene) {
  const dir = s.at('collector');
  const [tcp, relp] = [await freePort(), await freePort()];
  s.atEnd(() => run(s, path.join(dir, 'stop')).then(() => {}));
  await run(s, path.join(ROOT, 'scripts/collector'), [dir, '--tcp', String(tcp), '--relp', String(relp)]);
  return {
    ...{ dir, tcp, relp },
    query: (sql: string) => run(s, path.join(dir, 'query'), [sql]),
    async rows(columns: readonly string[]): Promise<Record<string, string>[]> {
      const pairs = columns.map((name) => `'${name}', ${name}`).join(', ');
      const text = await run(s, path.join(dir, 'query'), [
        `SELECT TO_BASE64(JSON_OBJECT(${pairs})) AS J FROM SystemEvents ORDER BY ID`,
      ]);
      // The client shows the line feeds inside base64 as the two characters \n.
      const cells = text.split('\n').slice(1, -1);
      return cells.map((cell) => JSON.parse(Buffer.from(cell.replaceAll('\\n', ''), 'base64').toString()));
    },
  };
}

/** The query that the manual gives for MariaDB. */
const SUM = /```sql\n([^`]*REGEXP_SUBSTR[^`]*)```/.exec(
  fs.readFileSync(path.join(ROOT, 'docs/reliability.md'), 'utf8'),
)![1]!;

const COLUMNS = ['Facility', 'Priority', 'FromHost', 'SysLogTag', 'Message', 'DeviceReportedTime', 'EventBinaryData'];
const SEVERITIES = { DEBUG: 7, INFO: 6, WARN: 4, ERROR: 3 } as const;
const LONG = { host: `h${'o'.repeat(70)}st.example`, owner: `a${'p'.repeat(46)}`, pid: '123456789012345' };

/** What an application may write, and what row it has to become. */
function application(count: number) {
  return Array.from({ length: count }, (_, n) => {
    const level = (['DEBUG', 'INFO', 'WARN', 'ERROR'] as const)[n % 4]!;
    const long = n % 50 === 49;
    const { host, owner, pid } = long ? LONG : { host: `web${n % 3}.example`, owner: 'app', pid: '12' };
    const text = [`订单 "${n}" 已提交 ✓`, `it's ${n} o\\'clock; DROP TABLE SystemEvents; --`, `plain ${n} 100% %msg%`][
      n % 3
    ]!;
    return {
      line: `Jul 15 11:30:${String(n % 60).padStart(2, '0')} ${host} ${owner}: [${pid}][${level}] ${text}`,
      row: {
        Facility: 16,
        Priority: SEVERITIES[level],
        FromHost: host.slice(0, 60),
        SysLogTag: `${owner}[${pid}]`.slice(0, 60),
        text,
      },
    };
  });
}

async function intoDatabase(t: TestContext, scheme: 'tcp' | 'relp', more: string): Promise<void> {
  const s = scene(t);
  const collector = await startCollector(s);
  const conf = writeConfig(s, {
    target: `${scheme}://127.0.0.1:${collector[scheme]}`,
    syslog: more,
    more: '[owners]\n* = local0.*',
  });
  const written = application(600);
  const agent = startAgent(s, conf);
  fs.writeFileSync(
    s.at('app.log'),
    written
      .slice(0, 300)
      .map(({ line }) => `${line}\n`)
      .join(''),
  );
  await until('the first rows are in the table', async () => (await collector.rows(['ID'])).length >= 300);
  // Over TCP a row is in the table before the agent may count it as delivered: that takes linger.
  await until('the agent knows that they are', async () => {
    const input = (await status(s, conf))?.destinations[0]?.inputs[0];
    return input?.ledger.acked.lines === 300;
  });
  // The collector ends in order and comes back; what is written meanwhile waits in the spool.
  await run(s, path.join(collector.dir, 'stop'));
  fs.appendFileSync(
    s.at('app.log'),
    written
      .slice(300)
      .map(({ line }) => `${line}\n`)
      .join(''),
  );
  await until('the rest is in the spool', async () => ((await status(s, conf))?.destinations[0]?.spool.lines ?? 0) > 0);
  await run(s, path.join(collector.dir, 'start'));
  await until('all rows are in the table', async () => (await collector.rows(['ID'])).length >= written.length, {
    told: agent.stderr,
  });
  assert.equal(await stopped(agent), 0, agent.stderr());
  assert.deepEqual((await leftBehind(s, conf)).lost, []);

  const rows = await collector.rows(COLUMNS);
  assert.equal(rows.length, written.length, 'not a row more');
  for (const [n, { row, line }] of written.entries()) {
    const { Facility, Priority, FromHost, SysLogTag, Message, DeviceReportedTime, EventBinaryData } = rows[n]!;
    const { text, ...columns } = row;
    assert.deepEqual({ Facility, Priority, FromHost, SysLogTag }, columns, line);
    assert.equal((JSON.parse(Message!) as { MSG: string }).MSG, text);
    assert.match(DeviceReportedTime!, new RegExp(`-07-15 11:30:${String(n % 60).padStart(2, '0')}`));
    assert.match(EventBinaryData!, / len="\d+"/);
  }
  assert.equal(await collector.query(SUM), '', 'nothing is missing');
  if (scheme === 'relp') await findsPlanted(collector.query);
}

/** The query finds what is missing, also in parts, behind a skip and at a quiet end. */
async function findsPlanted(query: (sql: string) => Promise<string>): Promise<void> {
  for (const [lost, expected] of [[[], []] as const, ...PLANTED]) {
    const came = journal().filter((_, n) => !lost.some((one) => one === n));
    const cells = came.map((text) => `('${rowOf(text, 0).at(-1)}')`);
    const found = await query(
      `DELETE FROM SystemEvents; INSERT INTO SystemEvents (EventBinaryData) VALUES ${cells.join()}; ${SUM}`,
    );
    const gaps = expected.map((gap) => gap.join('\t'));
    assert.deepEqual(found.split('\n').slice(1, -1), gaps, `without ${lost.join()}`);
  }
}

test(
  'end to end over RELP the database holds exactly the rows that the application wrote, long names cut at 60 characters',
  PARTS,
  (t) => intoDatabase(t, 'relp', ''),
);

test(
  'end to end over TCP the database holds exactly the rows that the application wrote, through an orderly restart of the collector',
  PARTS,
  (t) => intoDatabase(t, 'tcp', 'framing = octet-counting\nlinger = 100ms'),
);
