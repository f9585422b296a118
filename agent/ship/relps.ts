/** RELP over TLS: the sessions of relp.ts on the connections that tls.ts makes. */
import { createRelp } from './relp.ts';
import { createCover } from './tls.ts';
import type { Transport, TransportParts } from './transport.ts';

export function createRelps(parts: TransportParts): Transport {
  return createRelp(parts, createCover(parts));
}
