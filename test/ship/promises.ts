/** The transports, and what must hold over each of them whatever the server does. */
import assert from 'node:assert/strict';
import { until } from '../harness/wait.ts';
import type { Carrier } from './carrier.ts';
import type { Server } from './servers.ts';

export const TRANSPORTS = [
  { name: 'udp', scheme: 'udp', framing: 'newline' },
  { name: 'tcp, newline framing', scheme: 'tcp', framing: 'newline' },
  { name: 'relp', scheme: 'relp', framing: 'newline' },
  { name: 'relps', scheme: 'relps', framing: 'newline' },
  { name: 'tcp, octet counting', scheme: 'tcp', framing: 'octet-counting' },
  { name: 'tls, newline framing', scheme: 'tls', framing: 'newline' },
  { name: 'tls, octet counting', scheme: 'tls', framing: 'octet-counting' },
] as const;

export const RECORD = 100;
export const WINDOW = 2 ** 20;

export const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
export const allSettled = (carrier: Carrier) =>
  until('all has settled', () => carrier.settled.length === carrier.offered, {
    told: () =>
      `${carrier.settled.length} of ${carrier.offered} settled; ${JSON.stringify(carrier.downs.map(({ reason }) => reason))}`,
  });

/** What must hold at any time: settled in order, each once, and only what the server's application has read. */
export function assertNothingLost(carrier: Carrier, server: Server): void {
  assert.deepEqual(carrier.settled, numbers(carrier.settled.length));
  const received = new Set(server.received);
  assert.deepEqual(
    carrier.settled.filter((number) => !received.has(number)),
    [],
    'settled and not received',
  );
}
