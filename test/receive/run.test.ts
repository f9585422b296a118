import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { type ReceiveOptions, runReceive } from '../../agent/receive.ts';
import { temporaryFolder } from '../harness/temp.ts';
import { cutRecord, GEN, record, records, until } from './records.ts';

const DEFAULTS: ReceiveOptions = {
  ...{ listen: ['tcp://127.0.0.1:0'], out: undefined, json: false, verify: false, fromFirst: false, idle: undefined },
};

/** `tailship receive` in this process. */
async function start(options: Partial<ReceiveOptions>) {
  const data: string[] = [];
  const talk: string[] = [];
  const stop = new AbortController();
  let urls: readonly string[] | undefined;
  let over = false;
  const code = runReceive(
    { ...DEFAULTS, ...options },
    {
      stdout: {
        write(bytes, done) {
          data.push(Buffer.from(bytes).toString());
          setImmediate(done);
        },
      },
      stderr: { write: (text) => void talk.push(text) },
      stop: stop.signal,
      bound: (bound) => {
        urls = bound;
      },
    },
  ).finally(() => {
    over = true;
  });
  await until(() => urls !== undefined || over);
  const ports = (urls ?? []).map((url) => Number(url.slice(url.lastIndexOf(':') + 1)));
  return { code, ports, stop: () => stop.abort(), data: () => data.join(''), talk: () => talk.join('') };
}

/** Sends over TCP, half-closes and waits for the server's end. */
function send(port: number, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connect(port, '127.0.0.1').on('error', reject).on('end', resolve).resume().end(text);
  });
}

const lines = (messages: readonly string[]) => messages.map((message) => `${message}\n`).join('');

function rows(file: string, sql: string): unknown[] {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare(sql).raw().all();
  } finally {
    db.close();
  }
}

test('messages are written to standard output, one a line, and nothing else is', async () => {
  const { code, ports, stop, data, talk } = await start({});
  const sent = records(GEN[0], 1000);
  await send(ports[0]!, lines(sent));
  assert.equal(data(), lines(sent), 'all is written before the sender sees our end');
  stop();
  assert.equal(await code, 0);
  assert.equal(data(), lines(sent));
  assert.match(talk(), /^Listening on tcp:\/\/127\.0\.0\.1:\d+\.\nReceived 1000 messages, [\d.]+KiB\.\n$/);
});

test('with a file messages are appended to it, also over several runs', async (t) => {
  const out = join(temporaryFolder(t), 'received.log');
  for (const text of ['<14>a\n', '<14>b\n']) {
    const { code, ports, stop, data } = await start({ out });
    await send(ports[0]!, text);
    stop();
    assert.equal(await code, 0);
    assert.equal(data(), '');
  }
  assert.equal(readFileSync(out, 'utf8'), '<14>a\n<14>b\n');
});

test('with sqlite: messages are rows of a database, over several runs and beside verify, and none is lost at the stop', async (t) => {
  const file = join(temporaryFolder(t), 'got.db');
  const sent = records(GEN[0], 3000);
  const parts = cutRecord({ gen: GEN[0], at: 30_000, len: 10 }, ['a', 'b']);
  for (const some of [sent, parts]) {
    const { code, ports, stop, data } = await start({ out: `sqlite:${file}`, verify: true, fromFirst: true });
    await send(ports[0]!, lines(some));
    stop();
    assert.equal(await code, 0);
    assert.match(data(), /Complete: \d+ records?, 0 repeats, nothing is missing\.\n$/);
    assert.ok(!existsSync(`${file}-wal`), 'closed in order');
  }
  const found = rows(file, 'SELECT FromHost, SysLogTag, Message, StructuredData FROM SystemEvents ORDER BY ID');
  assert.equal(found.length, 3001);
  for (const [n, message] of ['line 0', 'line 2999', 'ab'].entries()) {
    const at = [0, 29_990, 30_000][n]!;
    const element = `[tail@32473 f="${GEN[0]}" at="${at}" len="10"]`;
    assert.deepEqual(found[at / 10], ['web1', 'app[12]', JSON.stringify({ MSG: message }), element]);
  }
});

test('a database that cannot take messages gives 1 before anything is received, or ends the run with 1; without a name it gives 2', async (t) => {
  const place = temporaryFolder(t);
  const refused = await start({ out: `sqlite:${join(place, 'no', 'such.db')}` });
  assert.equal(await refused.code, 1);
  assert.match(refused.talk(), /^Cannot write to .*such\.db: .*Name a file in a folder that you may write to\.\n$/);
  const unnamed = await start({ out: 'sqlite:' });
  assert.equal(await unnamed.code, 2);
  assert.equal(unnamed.talk(), '--out sqlite: names no file. Write sqlite:FILE.\n');

  const file = join(place, 'got.db');
  const { code, ports, talk } = await start({ out: `sqlite:${file}` });
  const other = new Database(file);
  other.exec('DROP TABLE SystemEvents');
  other.close();
  const socket = connect(ports[0]!, '127.0.0.1').on('error', () => {});
  socket.write('<14>a\n');
  assert.equal(await code, 1);
  assert.match(talk(), /Cannot write to sqlite:.*got\.db: no such table.* Receiving ends here\./);
  socket.destroy();
});

test('parts that come over UDP in any order, some of them twice, are written as one record', async () => {
  const { code, ports, stop, data, talk } = await start({ listen: ['udp://127.0.0.1:0'] });
  const identity = { gen: GEN[0], at: 0, len: 10_000 };
  const pieces = Array.from({ length: 12 }, (_, i) => `${i} 日志 ${'漢'.repeat(200)}`);
  const parts = cutRecord(identity, pieces);
  const socket = createSocket('udp4');
  for (const i of [3, 3, 0, 11, 7, 7, 1, 2, 4, 5, 6, 8, 10, 9]) socket.send(parts[i]!, ports[0]!, '127.0.0.1');
  await until(() => data() !== '');
  assert.equal(data(), `${record(identity, pieces.join(''))}\n`);
  socket.close();
  stop();
  assert.equal(await code, 0);
  assert.match(talk(), /; 1 joined from parts; 2 parts that came twice\./);
});

test('parts over TCP are joined wherever the stream is cut', async () => {
  const { code, ports, stop, data } = await start({});
  const all = Array.from({ length: 300 }, (_, i) => ({ gen: GEN[0], at: i * 600, len: 600 }));
  const pieces = ['a'.repeat(200), 'b'.repeat(200), 'c'.repeat(200)];
  const stream = all.flatMap((identity, i) =>
    i % 3 === 0 ? cutRecord(identity, pieces) : [record(identity, 'whole')],
  );
  await send(ports[0]!, stream.map((message) => `${Buffer.byteLength(message)} ${message}`).join(''));
  stop();
  await code;
  assert.equal(data(), lines(all.map((identity, i) => record(identity, i % 3 === 0 ? pieces.join('') : 'whole'))));
});

test('a record that stays incomplete is written as it came and told', async () => {
  const { code, ports, stop, data, talk } = await start({});
  const parts = cutRecord({ gen: GEN[0], at: 0, len: 30 }, ['a', 'b', 'c']).toSpliced(1, 1);
  await send(ports[0]!, lines(parts));
  stop();
  assert.equal(await code, 0);
  assert.equal(data(), lines(parts));
  assert.match(
    talk(),
    /Record aaaaaaaaaaaaaaa1:0 is incomplete: 2 of its 3 parts came, and receiving ended\. They are written as they came\./,
  );
});

test('verify reports on standard output that nothing is missing and gives 0', async () => {
  const { code, ports, stop, data } = await start({ verify: true });
  const sent = [...records(GEN[0], 5), ...records(GEN[1], 5, { after: { gen: GEN[0], end: 50 } })];
  await send(ports[0]!, lines(sent.slice(0, 7)));
  await send(ports[0]!, lines(sent.slice(4)));
  stop();
  assert.equal(await code, 0);
  assert.equal(
    data(),
    lines([
      `web1 ${GEN[0]} bytes 0..50 complete (6 records, 1 repeat)`,
      `web1 ${GEN[1]} bytes 0..50 complete (7 records, 2 repeats)`,
      'Complete: 13 records, 3 repeats, nothing is missing.',
    ]),
  );
});

test('verify gives 1 when a record is missing, with the report as JSON where that is asked for', async () => {
  const { code, ports, stop, data } = await start({ verify: true, json: true });
  await send(ports[0]!, lines(records(GEN[0], 5).toSpliced(2, 1)));
  stop();
  assert.equal(await code, 1);
  const report = JSON.parse(data());
  assert.equal(report.complete, false);
  assert.deepEqual(report.generations[0].gaps, [{ from: 20, to: 30, where: 'middle' }]);
});

test('verify with records on standard output says its report beside them', async () => {
  const { code, ports, stop, data, talk } = await start({ verify: true, out: '-' });
  await send(ports[0]!, lines(records(GEN[0], 2)));
  stop();
  assert.equal(await code, 0);
  assert.equal(data(), lines(records(GEN[0], 2)));
  assert.match(talk(), /Complete: 2 records, 0 repeats, nothing is missing\.\n$/);
});

test('verify counts a cut record once all of its parts have come, and not before', async () => {
  const parts = cutRecord({ gen: GEN[0], at: 0, len: 10 }, ['a', 'b', 'c']);
  for (const [came, expected] of [
    [parts, 0],
    [parts.slice(1), 1],
  ] as const) {
    const { code, ports, stop } = await start({ verify: true });
    await send(ports[0]!, lines([...came, record({ gen: GEN[0], at: 10, len: 10 })]));
    stop();
    assert.equal(await code, expected);
  }
});

test('a record that a broken connection cut off is neither written nor proof', async () => {
  const [first, second] = records(GEN[0], 2);
  const { code, ports, stop, data, talk } = await start({ verify: true, out: '-' });
  await send(ports[0]!, `${first}\n${second!.slice(0, -5)}`);
  stop();
  assert.equal(await code, 0);
  assert.equal(data(), `${first}\n`);
  assert.match(talk(), /1 broken off with their connection and not written/);
  assert.match(talk(), /bytes 0\.\.10 complete/);
});

test('verify when nothing came proves nothing and gives 1', async () => {
  const { code, stop, data } = await start({ verify: true });
  stop();
  assert.equal(await code, 1);
  assert.equal(data(), 'Not verified: no record with an identity element came.\n');
});

test('a receiver that joined late may leave out what came before', async () => {
  for (const fromFirst of [false, true]) {
    const { code, ports, stop } = await start({ verify: true, fromFirst });
    await send(ports[0]!, lines(records(GEN[0], 2, {}, 500)));
    stop();
    assert.equal(await code, fromFirst ? 0 : 1);
  }
});

test('with json messages become objects', async () => {
  const { code, ports, stop, data } = await start({ json: true });
  await send(ports[0]!, lines(records(GEN[0], 1)));
  stop();
  await code;
  assert.equal(JSON.parse(data()).fields.MSG, 'line 0');
});

test('with idle it ends by itself, but not before something has come', async () => {
  const waiting = await start({ idle: 20 });
  const busy = await start({ idle: 20 });
  await send(busy.ports[0]!, '<14>a\n');
  assert.equal(await busy.code, 0);
  assert.equal(busy.data(), '<14>a\n');
  await send(waiting.ports[0]!, '<14>b\n');
  assert.equal(await waiting.code, 0);
  assert.equal(waiting.data(), '<14>b\n');
});

test('an address written wrongly gives 2, one in use and a file that cannot be written give 1, each with a sentence', async (t) => {
  const wrong = await start({ listen: ['http://127.0.0.1:0'] });
  assert.equal(await wrong.code, 2);
  assert.match(wrong.talk(), /^Receiving over http .* use udp or tcp or tls or relp or relps/);
  const first = await start({});
  const second = await start({ listen: [`tcp://127.0.0.1:${first.ports[0]}`] });
  assert.equal(await second.code, 1);
  assert.match(second.talk(), /is in use/);
  first.stop();
  await first.code;
  const third = await start({ out: join(temporaryFolder(t), 'no', 'such') });
  assert.equal(await third.code, 1);
  assert.match(third.talk(), /^Cannot write to .*no\/such: .*Name a file in a folder that you may write to\.\n$/);
});

test('an output that fails ends the run with 1 and a sentence', {
  skip: process.platform !== 'linux' && 'needs /dev/full',
}, async () => {
  const { code, ports, talk } = await start({ out: '/dev/full' });
  const socket = connect(ports[0]!, '127.0.0.1').on('error', () => {});
  socket.write('<14>a\n');
  assert.equal(await code, 1);
  assert.match(talk(), /Cannot write to \/dev\/full: .*no space left.*Receiving ends here\./i);
  socket.destroy();
});

test('a process whose output fails ends with 1, also when its last connection ends at the same moment', async (t) => {
  const file = join(temporaryFolder(t), 'got.db');
  const main = join(import.meta.dirname, '../../agent/main.ts');
  const child = spawn(process.execPath, [main, 'receive', '--listen', 'tcp://127.0.0.1:0', '--out', `sqlite:${file}`]);
  t.after(() => child.kill());
  let talk = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    talk += text;
  });
  const code = new Promise((resolve) => child.on('close', resolve));
  await until(() => talk.includes('Listening'));
  const other = new Database(file);
  other.exec('DROP TABLE SystemEvents');
  other.close();
  connect(Number(/:(\d+)\.$/m.exec(talk)![1]), '127.0.0.1')
    .on('error', () => {})
    .resume()
    .end('<14>a\n');
  assert.equal(await code, 1, talk);
  assert.match(talk, /Receiving ends here\.\nReceived 1 messages, .*\n$/);
});
