import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { askControl, ControlProblem, openControl, orderControl } from '../../agent/ops/control.ts';
import { toldLog } from '../harness/log.ts';
import { DRAINING } from './parts.ts';

function start() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tailship-'));
  const warnings: string[] = [];
  const log = toldLog((level, sentence) => level === 'warn' && warnings.push(sentence));
  const socket = path.join(folder, 'spool.db.sock');
  return {
    ...{ folder, socket, warnings, log, status: () => DRAINING },
    [Symbol.dispose]: () => fs.rmSync(folder, { recursive: true }),
  };
}

test('the socket answers /status with the snapshot and /metrics with the same for Prometheus', async () => {
  using parts = start();
  const control = await openControl({ ...parts, path: parts.socket });
  try {
    assert.deepEqual(JSON.parse((await askControl(parts.socket, '/status'))!), JSON.parse(JSON.stringify(DRAINING)));
    assert.match((await askControl(parts.socket, '/metrics'))!, /^tailship_lines_read_total\{/m);
  } finally {
    await control.close();
  }
  assert.deepEqual(parts.warnings, []);
});

test('what the agent can be told to do is done by POST alone, and what goes wrong comes back as a sentence', async () => {
  using parts = start();
  const told: string[] = [];
  const orders = {
    '/spool/drop'(body: string) {
      told.push(body);
      if (body === 'bad') throw new Error('The disk is full.');
      return '{"rows":1}';
    },
  };
  const control = await openControl({ ...parts, path: parts.socket, orders });
  try {
    assert.equal(await orderControl(parts.socket, '/spool/drop', '{"input":"app"}'), '{"rows":1}');
    await assert.rejects(orderControl(parts.socket, '/spool/drop', 'bad'), /answered 500 .*The disk is full\./);
    await assert.rejects(orderControl(parts.socket, '/spool/drop', 'x'.repeat(70_000)), /the order is too long/);
    await assert.rejects(orderControl(parts.socket, '/status', ''), /answered 405/);
    await assert.rejects(askControl(parts.socket, '/spool/drop' as '/status'), /answered 405/);
  } finally {
    await control.close();
  }
  assert.deepEqual(told, ['{"input":"app"}', 'bad']);
  assert.equal(await orderControl(parts.socket, '/spool/drop', ''), undefined);
});

test('the socket belongs to its owner alone from its first moment, and is gone after the close', async () => {
  using parts = start();
  const before = process.umask(0);
  const seen: number[] = [];
  const watcher = fs.watch(parts.folder, () => {
    if (fs.existsSync(parts.socket)) seen.push(fs.statSync(parts.socket).mode & 0o777);
  });
  try {
    const control = await openControl({ ...parts, path: parts.socket });
    assert.equal(process.umask(), 0, 'the mask of the process is as it was');
    assert.equal(fs.statSync(parts.socket).mode & 0o777, 0o600);
    await control.close();
  } finally {
    process.umask(before);
    watcher.close();
  }
  assert.ok(seen.every((mode) => mode === 0o600));
  assert.equal(fs.existsSync(parts.socket), false);
});

test('the socket of a dead agent is replaced', async () => {
  using parts = start();
  const script = `require('net').createServer().listen(${JSON.stringify(parts.socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
  assert.throws(() => execFileSync(process.execPath, ['-e', script], { stdio: 'ignore' }));
  assert.equal(fs.existsSync(parts.socket), true, 'the dead one left its file');
  assert.equal(await askControl(parts.socket, '/status'), undefined);
  const control = await openControl({ ...parts, path: parts.socket });
  assert.ok(await askControl(parts.socket, '/status'));
  await control.close();
  assert.deepEqual(parts.warnings, []);
});

test('the socket of a living agent is left alone, with a warning', async () => {
  using parts = start();
  const first = await openControl({ ...parts, path: parts.socket });
  const second = await openControl({
    ...parts,
    path: parts.socket,
    status: () => assert.fail('the wrong one was asked'),
  });
  await second.close();
  assert.ok(await askControl(parts.socket, '/status'));
  await first.close();
  assert.equal(parts.warnings.length, 1);
  assert.match(parts.warnings[0]!, /^No control socket at .*: another process answers there\. The agent goes on/);
});

test('a path too long for a Unix socket is a warning with its cure, and nobody is found there', async () => {
  using parts = start();
  const long = path.join(parts.folder, 'x'.repeat(120));
  const control = await openControl({ ...parts, path: long });
  await control.close();
  assert.match(
    parts.warnings[0]!,
    /is \d+ bytes long, and a Unix socket takes 107\. .*Choose a shorter \[spool\] path\.$/,
  );
  assert.equal(await askControl(long, '/status'), undefined);
});

test('a path of exactly the longest length works', async () => {
  using parts = start();
  const longest = path.join(parts.folder, 'x'.repeat(107 - Buffer.byteLength(parts.folder) - 1));
  const control = await openControl({ ...parts, path: longest });
  assert.ok(await askControl(longest, '/status'));
  await control.close();
  assert.deepEqual(parts.warnings, []);
});

test('a folder that cannot be written is a warning, not an end', async () => {
  using parts = start();
  const control = await openControl({ ...parts, path: path.join(parts.folder, 'absent', 's.sock') });
  await control.close();
  assert.match(parts.warnings[0]!, /^No control socket at .*(?:ENOENT|EACCES)/);
});

test('nobody there gives undefined', async () => {
  using parts = start();
  assert.equal(await askControl(parts.socket, '/status'), undefined);
});

test('an agent that cannot make its status answers with the reason', async () => {
  using parts = start();
  const status = () => {
    throw new Error('the disk refuses');
  };
  const control = await openControl({ ...parts, path: parts.socket, status });
  await assert.rejects(askControl(parts.socket, '/status'), (problem: unknown) => {
    assert.ok(problem instanceof ControlProblem);
    assert.match(problem.message, /^The agent answered 500 at .*: the disk refuses$/);
    return true;
  });
  await control.close();
});

test('only GET of the two known pages is answered', async () => {
  using parts = start();
  const control = await openControl({ ...parts, path: parts.socket });
  const ask = (method: string, page: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ socketPath: parts.socket, method, path: page }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  assert.equal(await ask('POST', '/status'), 405);
  assert.equal(await ask('GET', '/other'), 404);
  await control.close();
});

test('close does not wait for a client that never finishes its question', async () => {
  using parts = start();
  const control = await openControl({ ...parts, path: parts.socket });
  const slow = connect(parts.socket);
  slow.on('error', () => {});
  await new Promise<void>((resolve) => slow.write('GET /sta', () => resolve()));
  // Whoever asked later is answered, so the server has met the slow one.
  await askControl(parts.socket, '/status');
  await control.close();
  slow.destroy();
});
