/** Addresses to listen on, and the sentences that say why one cannot be listened on. */
import { isIP } from 'node:net';

/** A listening address that was asked for, taken apart. */
export type ListenAddress = {
  readonly url: string;
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
};

/** An address that cannot be listened on. `usage`: it is written wrongly, so that trying again is of no use. */
export class ListenProblem extends Error {
  readonly usage: boolean;
  constructor(sentence: string, usage: boolean) {
    super(sentence);
    this.name = 'ListenProblem';
    this.usage = usage;
  }
}

/** The port of each scheme that is known, for a URL without one. */
const PORTS: Readonly<Record<string, number>> = { udp: 514, tcp: 514, tls: 6514, relp: 2514, relps: 2514 };

/**
 * Reads `tcp://127.0.0.1:5514` or `udp://[::1]:0`; port 0 means any free one. `served` are the schemes for which there is a server.
 * Throws a ListenProblem.
 */
export function readListenUrl(text: string, served: readonly string[]): ListenAddress {
  const found = /^([a-z]+):\/\/(\[[^\]]*\]|[^:/?#@\s]+)(?::(\d{1,5}))?\/?$/i.exec(text.trim());
  const example = 'write it as tcp://127.0.0.1:5514 or udp://[::1]:5514';
  if (!found) throw new ListenProblem(`'${text}' is not an address to listen on: ${example}`, true);
  const scheme = found[1]!.toLowerCase();
  if (!served.includes(scheme)) {
    throw new ListenProblem(`Receiving over ${scheme} (${text}) is not possible: use ${served.join(' or ')}`, true);
  }
  const bracketed = found[2]!.startsWith('[');
  const host = bracketed ? found[2]!.slice(1, -1) : found[2]!;
  if (bracketed && isIP(host) !== 6)
    throw new ListenProblem(`'${host}' in ${text} is not an IPv6 address: ${example}`, true);
  const port = found[3] === undefined ? PORTS[scheme]! : Number(found[3]);
  if (port > 65_535) throw new ListenProblem(`${text} has port ${port}, and the highest is 65535`, true);
  return { url: text, scheme, host, port };
}

/** The URL of an address that is bound. */
export function boundUrl(scheme: string, bound: { readonly address: string; readonly port: number }): string {
  return `${scheme}://${isIP(bound.address) === 6 ? `[${bound.address}]` : bound.address}:${bound.port}`;
}

/** Makes a sentence with a cure of the error with which binding failed. */
export function bindProblem({ url, scheme, host, port }: ListenAddress, error: NodeJS.ErrnoException): ListenProblem {
  const kind = scheme === 'udp' ? 'UDP' : 'TCP';
  const show = `ss -ln${scheme === 'udp' ? 'u' : 't'}p 'sport = :${port}'`;
  const sentences: Readonly<Record<string, string>> = {
    EADDRINUSE: `${kind} port ${port} of ${host} is in use. See who has it with: ${show}. Stop that, or listen on another port`,
    EACCES: `ports below 1024 need root or CAP_NET_BIND_SERVICE. Listen on a higher port, e.g. ${scheme}://127.0.0.1:5514`,
    EADDRNOTAVAIL: `this machine has no address ${host}. See which it has with: ip address. 0.0.0.0 and [::] mean all of them`,
    ENOTFOUND: `there is no host of the name ${host}. Use an address of this machine; 0.0.0.0 and [::] mean all of them`,
    EAFNOSUPPORT: `this machine has no IPv${host.includes(':') ? '6' : '4'}. Use an address of the other kind`,
  };
  return new ListenProblem(`Cannot listen on ${url}: ${sentences[error.code ?? ''] ?? error.message}.`, false);
}
