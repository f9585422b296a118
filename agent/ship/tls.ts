/**
 * TLS (RFC 5425): the stream of frames of tcp.ts over a TLS connection, closed with close_notify. What counts as delivered is
 * decided as for TCP, by what the peer's TCP has acknowledged of the TLS records.
 */
import { type Cover, createTcp } from './tcp.ts';
import { secure } from './tls-dial.ts';
import type { Transport, TransportParts } from './transport.ts';

export function createTls(parts: TransportParts): Transport {
  return createTcp(parts, createCover(parts));
}

/** What makes a TLS connection of one that stands. */
export function createCover({ clock, log, link }: TransportParts): Cover {
  if (!link.tls.verify) {
    log.warn(
      'tls-unverified',
      `tls_verify = off: whoever answers for ${link.targets[0]?.url} is believed. What is sent can be read by anybody on the way who poses as the server. Name its authority in tls_ca instead.`,
    );
  }
  return async (raw, { host, name = host }, signal) =>
    (await secure(raw, { tls: link.tls, clock, host: name, signal })).socket;
}
