/** By which device packets leave this host, and what one of them holds. */
import fs from 'node:fs';
import os from 'node:os';

/** The device, and the largest packet that it takes (MTU), in bytes. */
export type Route = { readonly device: string; readonly mtu: number };

/** Headers of IP and UDP in front of a datagram, in bytes (RFC 791, RFC 8200, RFC 768). */
const HEADERS = { 4: 20 + 8, 6: 40 + 8 } as const;

/** The most that a datagram can hold without being sent in fragments, in bytes. A narrower link behind the device is not known. */
export const holds = ({ mtu }: Route, family: 4 | 6): number => mtu - HEADERS[family];

/** The route of packets that have `address` of this host as their source; undefined where the system does not tell. */
export function routeFrom(address: string): Route | undefined {
  try {
    const [device] =
      Object.entries(os.networkInterfaces()).find(([, all]) => all?.some((one) => one.address === address)) ?? [];
    const mtu = Number(fs.readFileSync(`/sys/class/net/${device}/mtu`, 'utf8'));
    return device !== undefined && mtu > 0 ? { device, mtu } : undefined;
  } catch {
    return undefined;
  }
}
