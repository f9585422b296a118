/**
 * How much of what was sent the peer's TCP has not acknowledged: the tx_queue column of the kernel's table of connections
 * (/proc/self/net/tcp and tcp6, Linux Documentation/networking/proc_net_tcp.rst).
 */
import { isIPv4 } from 'node:net';
import { endianness } from 'node:os';
import type { Family, TcpSocket } from './sockets.ts';

/** One connection, by its two ends. */
export type Pair = {
  readonly family: Family;
  readonly local: { readonly host: string; readonly port: number };
  readonly remote: { readonly host: string; readonly port: number };
};

/** `unacknowledged` counts bytes, and a half-close that is not acknowledged counts as one. */
export type TcpRow = { readonly state: number; readonly unacknowledged: number };

/** The ends of a connected socket; undefined once it has none. */
export function pairOf(socket: TcpSocket): Pair | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (localAddress === undefined || localPort === undefined) return undefined;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return {
    family: isIPv4(localAddress) ? 4 : 6,
    local: { host: localAddress, port: localPort },
    remote: { host: remoteAddress, port: remotePort },
  };
}

/** By what the table names a connection. `order`: the byte order of the machine that wrote it. */
export function endsOf({ local, remote }: Pair, order: 'LE' | 'BE' = endianness()): string {
  return `${hexEnd(local, order)} ${hexEnd(remote, order)} `;
}

/** Finds the row of a connection by its ends; undefined when the table has none. */
export function findRow(table: string, ends: string): TcpRow | undefined {
  const at = table.indexOf(ends);
  if (at < 0) return undefined;
  const found = /^([0-9A-F]{2}) ([0-9A-F]{8,}):/.exec(table.slice(at + ends.length, at + ends.length + 40));
  return found ? { state: Number.parseInt(found[1]!, 16), unacknowledged: Number.parseInt(found[2]!, 16) } : undefined;
}

function hexEnd({ host, port }: Pair['local'], order: 'LE' | 'BE'): string {
  return `${hexAddress(host, order)}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The kernel prints an address as 32-bit numbers in the machine's own byte order. */
function hexAddress(host: string, order: 'LE' | 'BE'): string {
  const bytes = isIPv4(host) ? v4Bytes(host) : v6Bytes(host);
  let text = '';
  for (let i = 0; i < bytes.length; i += 4) {
    const word = bytes.slice(i, i + 4);
    for (const byte of order === 'LE' ? word.reverse() : word) text += byte.toString(16).toUpperCase().padStart(2, '0');
  }
  return text;
}

function v4Bytes(host: string): number[] {
  return host.split('.').map(Number);
}

/** The 16 bytes of an IPv6 address as it is written, with `::`, a zone, or an IPv4 address at its end (RFC 4291 section 2.2). */
function v6Bytes(host: string): number[] {
  const [left = '', right] = host.replace(/%.*/, '').split('::');
  const head = groupBytes(left);
  if (right === undefined) return head;
  const tail = groupBytes(right);
  return [...head, ...new Array<number>(Math.max(0, 16 - head.length - tail.length)).fill(0), ...tail];
}

function groupBytes(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return v4Bytes(group);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
