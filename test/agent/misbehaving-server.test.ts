/**
 * Whatever a server does, over whatever transport: no line is lost, order is kept, what comes twice was not settled and is known
 * by its identity, and the ledger closes. One table of misbehaviour, one of transports, and the whole agent between file and server.
 */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import Database from 'better-sqlite3';
import type { Stopped } from '../../agent/ops/status.ts';
import { until } from '../harness/wait.ts';
import { startVerifying } from '../receive/records.ts';
import { startStream, TLS } from '../ship/secure.ts';
import { reads, type Server, type ServerSetup, startUdp, type Treatment } from '../ship/servers.ts';
import { startAgent } from './in-process.ts';
import { BAD, MISBEHAVIOURS, type Misbehaviour, SCHEMES, type Scheme } from './misbehaviours.ts';

const FRAMINGS = { udp: ['newline'], tcp: ['newline', 'octet-counting'], tls: ['newline', 'octet-counting'] } as const;
/**
 * What may be sent and not settled, in bytes, which one batch may overdraw. Where a server stalls it is the default: a small window
 * settles early what a kernel may hold unread (docs/reliability.md).
 */
const WINDOW = 1024 * 1024;
const STALLED_WINDOW = 16 * 1024 * 1024;
/** A chunk is at most a sixteenth of the spool, and a record's message twice as long as its line. */
const SPOOL = 512 * 1024;
const BATCH = SPOOL / 8;

const line = (number: number) => `Jul 15 11:30:35 host app: [12][INFO] number ${number}. ${'x'.repeat(40)}\n`;

/** Lines that were acknowledged, by the books of the agent that is at work in `folder()`; 0 before it has any. */
function createBooks(t: TestContext, folder: () => string): () => number {
  let lines: (() => unknown) | undefined;
  return () => {
    const file = join(folder(), 'spool.db');
    if (!lines && existsSync(file)) {
      const db = new Database(file, { readonly: true });
      t.after(() => db.close());
      const statement = db.prepare("SELECT lines FROM ledger WHERE cause = 'acked'").pluck();
      lines = () => statement.get();
    }
    return Number(lines?.() ?? 0);
  };
}

/** A server that misbehaves, with what it has seen: its verdict, and what was settled when each connection was made. */
async function startServer(t: TestContext, scheme: Scheme, row: Misbehaviour, settled: () => number) {
  const floors: number[] = [];
  const verifier = startVerifying();
  const setup: ServerSetup = {
    ...row.setup?.(),
    met: () => void floors.push(settled()),
    heard: verifier.take,
  };
  const treat: Treatment = (socket, read, index) => {
    if (row.treat && index < (row.bad ?? BAD)) return row.treat(socket, read, index);
    reads(socket, read, index);
    socket.resume();
  };
  const server = scheme === 'udp' ? await startUdp(t, setup) : await startStream(t, scheme, treat, setup);
  return { server, floors, verifier };
}

/** On each connection one record comes after the other, and none that was settled before the connection was made. */
function assertOrder(
  server: Server,
  floors: readonly number[],
  scheme: Scheme,
  late: (number: number) => boolean,
): void {
  for (const [i, all] of server.connections.entries()) {
    const numbers = all.filter((number) => !late(number));
    assert.ok(Math.min(...all) >= floors[i]!, `connection ${i} repeats what was settled`);
    // Over UDP the first record was sent before, as a probe.
    for (const [k, number] of numbers.entries())
      assert.ok(
        k === 0 || number > numbers[k - 1]! || (scheme === 'udp' && k === 1),
        `${number} after ${numbers[k - 1]}`,
      );
  }
}

async function play(t: TestContext, row: Misbehaviour, scheme: Scheme, framing: string): Promise<void> {
  let folder = '';
  const acknowledged = createBooks(t, () => folder);
  const { server, floors, verifier } = await startServer(t, scheme, row, acknowledged);
  const agent = startAgent(t, {
    target: `${scheme}://127.0.0.1:${server.port}`,
    syslog: `framing = ${framing}\n${row.stalls ? 'linger = 4s\ntimeout = 1s' : 'window = 1MiB\nlinger = 400ms\ntimeout = 5s'}\ntls_ca = ${TLS.tls.ca}\nhostname = host`,
    extra: `max_size = ${SPOOL}`,
  });
  ({ folder } = agent);
  let written = 0;
  let writing = true;
  const write = (count: number) => {
    let text = '';
    for (const end = written + count; written < end; written += 1) text += line(written);
    appendFileSync(agent.file, text);
  };
  write(row.stalls ? 20_000 : 20);
  const stream = setInterval(() => writing && write(20), 20);
  t.after(() => clearInterval(stream));
  const told = () => `${acknowledged()} of ${written}\n${agent.said.join('\n')}`;
  const whole = () => server.received.length >= written && new Set(server.received).size === written;
  async function streaming(): Promise<void> {
    const before = server.received.length;
    await until('the server gets records', () => server.received.length > before + 100, { told });
  }
  async function calm(): Promise<void> {
    if (scheme !== 'udp') return;
    writing = false;
    await until('the server has all', whole, { told });
  }
  const go = () => {
    writing = true;
  };
  if (row.play) await row.play({ server, streaming, calm, go });
  else if (row.once) await until('the server has some', () => server.received.length > 500, { told });
  else await until('it behaves well', () => server.attempts > (row.bad ?? BAD), { told });
  await streaming();
  clearInterval(stream);
  await until('all is settled', () => acknowledged() === written, { told });
  // What is settled may stand in the server's kernel for a while.
  await until('the server has read what is settled', whole, { told, patience: 10_000 });
  assert.equal(await agent.stop(), 0);

  const { records, repeats, ...report } = verifier.report();
  assert.deepEqual([report.complete, report.gaps, report.unidentified, report.generations.length], [true, 0, 0, 1]);
  assert.equal(records - repeats, written, 'a repeat is known by its identity');
  assertOrder(server, floors, scheme, row.late ?? (() => false));
  const perRecord = 200;
  assert.ok(
    repeats * perRecord <=
      (row.once ? 0 : Math.max(server.attempts, server.connections.length)) *
        ((row.stalls ? STALLED_WINDOW : WINDOW) + BATCH),
  );
  const { ledger } = ((await agent.status()).json as Stopped).destinations[0]!.inputs[0]!;
  assert.deepEqual([ledger.read.lines, ledger.acked.lines, ledger.spool.lines], [written, written, 0]);
  assert.deepEqual([ledger.filtered.lines, ledger.dropped, repeats > 0 && ledger.repeated.lines === 0], [0, {}, false]);
  t.diagnostic(`${written} lines, ${repeats} came twice, ${server.connections.length} connections`);
}

describe('a server that misbehaves', { concurrency: 10 }, () => {
  for (const row of MISBEHAVIOURS) {
    for (const scheme of SCHEMES.filter((one) => row.over.includes(one))) {
      for (const framing of scheme in FRAMINGS ? FRAMINGS[scheme as keyof typeof FRAMINGS] : ['newline'])
        test(`over ${scheme}, ${framing}: one that ${row.what}`, (t) => play(t, row, scheme, framing));
    }
  }
});
