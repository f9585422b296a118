/** Where the HTTP page listens: `[status] listen`, taken apart, and who can reach that. */
import { isIP } from 'node:net';

export type ListenAt = { readonly host: string; readonly port: number };

/**
 * Reads `9100`, `127.0.0.1:9100`, `[::1]:9100`, `*:9100` or `:9100`; `off` is undefined. A port alone listens on loopback; port 0 is any
 * free one. Throws an Error with a sentence.
 */
export function parseListen(text: string): ListenAt | undefined {
  if (text === 'off') return undefined;
  const found = /^(?:(\[[^\]]*\]|[^:/?#@\s[\]]*):)?(\d{1,5})$/.exec(text);
  const cure = 'write a port such as 9100, HOST:PORT, [IPV6]:PORT, or off';
  if (!found) throw new Error(`'${text}' is no address to listen on: ${cure}`);
  const port = Number(found[2]);
  if (port > 65_535) throw new Error(`'${text}' has port ${port}, and the highest is 65535: ${cure}`);
  const named = found[1] ?? '127.0.0.1';
  const host = named === '*' || named === '' ? '::' : named.replace(/^\[|\]$/g, '');
  if (named.startsWith('[') && isIP(host) !== 6) throw new Error(`'${host}' is no IPv6 address: ${cure}`);
  return { host, port };
}

/** True where only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** As it stands in a URL. */
export function urlOf({ host, port }: ListenAt): string {
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}/`;
}
