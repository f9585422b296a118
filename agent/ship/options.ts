/** The half of `[syslog]` that says where and how records travel. */
import { isIPv4, isIPv6 } from 'node:net';
import * as z from 'zod/mini';
import type { Options, Rate, Target } from '../types.ts';
import { parseDuration, parseSize } from '../wire/units.ts';

/** Port of each scheme where the target names none. */
const PORTS = { udp: 514, tcp: 514, tls: 6514, relp: 2514, relps: 2514 } as const;
const SCHEMES = Object.keys(PORTS);

const duration = z.transform((text: string) => parseDuration(text));
const positive = duration.check(z.refine((ms) => ms > 0, 'must be more than 0'));

export const linkOptions = {
  target: {
    default: 'udp://127.0.0.1:514',
    meaning:
      'The syslog server: udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT (syslog over TLS), relp://HOST:PORT or relps://HOST:PORT (RELP over TLS), IPv6 in brackets; @HOST:PORT (UDP) and @@HOST:PORT (TCP) as in rsyslog. The port may be left out: 514, with tls:// 6514, with relp:// and relps:// 2514. Several servers with commas between are for failover: the first that can be reached is used, and one that comes before it is gone back to once it has been reachable for 30s; or for balance = round-robin.',
    schema: z.transform((text: string, context) => {
      const items = text.split(',').map((item) => item.trim());
      for (const item of items) {
        const word = /^([^:@]+):\/\//.exec(item)?.[1]?.toLowerCase();
        if (word === undefined || isScheme(word)) continue;
        const message = `${word}:// is no transport; there are ${SCHEMES.join(', ')}`;
        context.issues.push({ code: 'custom', input: text, message, params: { word, known: SCHEMES } });
        return z.NEVER;
      }
      return readTargets(items);
    }),
  },
  framing: {
    default: 'newline',
    meaning:
      'How records are told apart on a TCP or TLS stream: newline, or octet-counting (RFC 6587; RFC 5425 wants it over TLS). UDP has no framing, and RELP one of its own.',
    schema: z.enum(['newline', 'octet-counting']),
  },
  time: {
    default: '10',
    meaning: "The old script's key, in seconds: the longest that any input's poll may be.",
    schema: z.transform(readSeconds),
  },
  linger: {
    default: '2s',
    meaning:
      "TCP and TLS: what the peer's TCP has acknowledged counts as delivered after the connection has stood for so long since. never: only when the peer closes in order.",
    schema: z.transform((text: string) => (text === 'never' ? Number.POSITIVE_INFINITY : parseDuration(text, 'never'))),
  },
  window: {
    default: '16MiB',
    meaning:
      'The most that is under way at a time, sent and not yet acknowledged. It is what a broken link may repeat; over RELP only what was not answered. What is larger than the default takes as much more memory, and each further destination half as much again as its window.',
    schema: z
      .transform((text: string) => parseSize(text))
      .check(z.refine((bytes) => bytes >= 1024, 'the smallest is 1KiB')),
  },
  timeout: {
    default: '30s',
    meaning: 'Data waits and nothing is acknowledged for so long: that is an outage, and the link is made anew.',
    schema: positive,
  },
  balance: {
    default: 'failover',
    meaning:
      'Several servers. failover: one at a time, the first that can be reached. round-robin: batches are dealt in turn to all that are up; lines then stand in order within a server only, and what a broken one left comes later on another.',
    schema: z.enum(['failover', 'round-robin']),
  },
  rate: {
    default: 'none',
    meaning:
      'The most that is sent in a second: 5000 lines (messages, so over UDP datagrams), or a size such as 2MiB. none: as fast as the server takes them.',
    schema: z.transform(readRate),
  },
  drain_rate: {
    default: 'none',
    meaning: 'The most that is sent from the spool in a second, written like rate, which holds too.',
    schema: z.transform(readRate),
  },
  tls_ca: {
    default: '',
    meaning:
      'TLS: PEM file with the certificates of the authorities that the server may be signed by. Empty: those of the system. The tls_ files are read again at each connect.',
    schema: z.string(),
  },
  tls_cert: {
    default: '',
    meaning:
      "TLS: PEM file with the agent's own certificate, where the server asks for one; those between it and its authority behind it.",
    schema: z.string(),
  },
  tls_key: {
    default: '',
    meaning: 'TLS: PEM file with the private key of tls_cert, without a passphrase.',
    schema: z.string(),
  },
  tls_verify: {
    default: 'on',
    meaning:
      "TLS: whether the server's certificate and name are checked: on or off. With off anybody on the way can pose as the server.",
    schema: z.enum(['on', 'off']),
  },
} as const satisfies Options;

const RATES = 'Write 5000 lines, a size such as 2MiB, or none';

function readRate(text: string): Rate | undefined {
  if (text === 'none') return undefined;
  const bare = text.trim().replace(/\s*(\/\s*s|per second)$/, '');
  const lines = /^(\d+)\s*lines?$/.exec(bare)?.[1];
  if (lines === undefined && /^\d*$/.test(bare)) {
    throw new Error(`'${text}' has no unit. ${RATES}`);
  }
  const perSecond = lines === undefined ? readBytes(text, bare) : Number(lines);
  if (perSecond < 1) throw new Error(`'${text}' would send nothing. Write none for no limit`);
  return { unit: lines === undefined ? 'bytes' : 'lines', perSecond };
}

function readBytes(text: string, bare: string): number {
  try {
    return parseSize(bare);
  } catch {
    throw new Error(`'${text}' is no rate. ${RATES}`);
  }
}

function readSeconds(text: string): number {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : parseDuration(text);
  if (ms < 10) throw new Error(`'${text}' is too short; the shortest is 0.01 seconds`);
  return ms;
}

/** Throws a sentence where a server is named twice, as failover to itself would lead nowhere. */
function readTargets(items: readonly string[]): readonly Target[] {
  const targets = items.map(readTarget);
  const urls = targets.map(({ url }) => url);
  const twice = urls.find((url, i) => urls.indexOf(url) < i);
  if (twice !== undefined) throw new Error(`${twice} is named twice. Name each server once`);
  return targets;
}

/** Takes a target apart; throws a sentence. */
function readTarget(text: string): Target {
  const [scheme, rest] = readScheme(text);
  const { host, port } = readAddress(rest.replace(/\/$/, ''), text);
  const number = port === undefined ? PORTS[scheme] : Number(port);
  if (number < 1 || number > 65_535) throw new Error(`'${port}' is no port: ports go from 1 to 65535`);
  return { url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${number}`, scheme, host, port: number };
}

function readScheme(text: string): [Target['scheme'], string] {
  const rsyslog = /^(@@?)(\(.*\))?(.*)$/s.exec(text);
  if (rsyslog) {
    const scheme = rsyslog[1] === '@@' ? 'tcp' : 'udp';
    if (rsyslog[2] === '(o)') {
      throw new Error(
        `(o) is octet counting in rsyslog. Write target = ${scheme}://${rsyslog[3]} and framing = octet-counting`,
      );
    }
    if (rsyslog[2]) throw new Error(`rsyslog's options ${rsyslog[2]} are not known here. Write ${rsyslog[1]}HOST:PORT`);
    return [scheme, rsyslog[3] ?? ''];
  }
  const url = /^([^:@]+):\/\/(.*)$/s.exec(text);
  const scheme = url?.[1]?.toLowerCase() ?? '';
  if (!url || !isScheme(scheme)) {
    const example = text === '' || /\s/.test(text) ? 'HOST:PORT' : text;
    throw new Error(`'${text}' does not say how to send. Write udp://${example}, tcp://${example} or tls://${example}`);
  }
  return [scheme, url[2]!];
}

function isScheme(word: string): word is Target['scheme'] {
  return Object.hasOwn(PORTS, word);
}

function readAddress(address: string, text: string): { host: string; port: string | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(address);
  if (bracketed) {
    const host = bracketed[1]!;
    if (!isIPv6(host)) throw new Error(`'${host}' is no IPv6 address. Brackets are for IPv6 addresses alone`);
    return { host, port: bracketed[2] };
  }
  // Asked only where it can be one: Node's expression for it takes 6 ms to compile.
  if (/:.*:/.test(address) && (isIPv6(address) || /^[0-9a-f:]*:\d*$/i.test(address))) {
    throw new Error(`'${address}' is an IPv6 address without brackets. Write [ADDRESS]:PORT`);
  }
  const plain = /^([A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?)(?::(\d+))?$/.exec(address);
  if (!plain) throw new Error(`'${text}' names no server. Write SCHEME://HOST:PORT, such as udp://127.0.0.1:514`);
  const host = plain[1]!;
  if (/^[\d.]+$/.test(host) && !isIPv4(host))
    throw new Error(`'${host}' is no IPv4 address: it has four numbers up to 255`);
  return { host, port: plain[2] };
}
