import { ROOT } from './agent.ts';
import { growingLines } from './growing.ts';
import { start } from './processes.ts';
import type { Scene } from './temp.ts';
import { until } from './wait.ts';

/** Listens as systemd does on its datagram socket, which Node cannot, and writes one line for every message. */
const LISTENER = `
import socket, sys
listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listening.bind(sys.argv[1])
with open(sys.argv[2], 'a', buffering=1) as out:
    out.write('listens\\n')
    while True:
        # The descriptor of a barrier is not taken, and closed by that.
        out.write(' '.join(listening.recv(65536).decode().split('\\n')) + '\\n')
`;

/** A service manager of the test's own: what it puts into the environment of a service, and what that has said so far. */
export type Manager = { readonly env: NodeJS.ProcessEnv; said(): readonly string[] };

/** `watchdog`: seconds within which it wants a sign of life. */
export async function startManager(scene: Scene, watchdog: number): Promise<Manager> {
  const socket = scene.at('notify');
  const out = scene.at('notified');
  start(scene, 'python3', ['-c', LISTENER, socket, out], { cwd: ROOT });
  const lines = growingLines(out);
  await until('the manager listens', () => lines().length > 0);
  return {
    env: { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: String(watchdog * 1e6) },
    said: () => lines().filter((line) => !/^(listens|BARRIER=1)$/.test(line)),
  };
}
