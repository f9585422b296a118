import assert from 'node:assert/strict';
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { realSockets } from '../../agent/ship/sockets.ts';
import { until } from '../harness/wait.ts';

/**
 * What the kernel's timer of a connection waits for, by its local port (proc_net_tcp.rst: 0 nothing, 2 another timer, keepalive
 * among them).
 */
function timerOf(port: number | undefined): { readonly kind: number; readonly left: number } | undefined {
  const hex = port?.toString(16).toUpperCase().padStart(4, '0');
  const row = new RegExp(`0100007F:${hex} 0100007F:\\S+ 01 \\S+ ([0-9A-F]{2}):([0-9A-F]{8})`);
  const found = row.exec(fs.readFileSync('/proc/self/net/tcp', 'latin1'));
  return found ? { kind: Number.parseInt(found[1]!, 16), left: Number.parseInt(found[2]!, 16) / 100 } : undefined;
}

async function listening(t: TestContext): Promise<number> {
  const server = net.createServer(() => {}).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}

test('an idle connection is asked by the kernel whether it still stands', async (t) => {
  const port = await listening(t);
  const socket = realSockets.connectTcp('127.0.0.1', port);
  const plain = net.connect(port, '127.0.0.1');
  t.after(() => {
    socket.destroy();
    plain.destroy();
  });
  const timers = await until('both stand', () => {
    const [kept, without] = [timerOf(socket.localPort), timerOf(plain.localPort)];
    return kept?.kind === 2 && without ? { kept, without } : undefined;
  });
  assert.ok(timers.kept.left <= 30, `${timers.kept.left} s`);
  assert.equal(timers.without.kind, 0);
});
