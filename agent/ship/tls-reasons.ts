/** Why TLS failed, in words. Each reads on after a colon, without a full stop. */
import { isIP } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import { codeOf, reasonOf } from './reasons.ts';

/** What the sentences speak of. `ca` and `cert` are the files of tls_ca and tls_cert. */
export type TlsAbout = {
  /** The server's name or address as configured. */
  readonly host: string;
  readonly ca: string | undefined;
  readonly cert: string | undefined;
};

/** A certificate, and whoever signed it. */
export type ChainLink = {
  readonly name: string;
  readonly issuer: string;
  /** ms since the epoch. */
  readonly from: number;
  readonly until: number;
  /** What the certificate says that it is for: names and addresses. */
  readonly names: readonly string[];
};

const OWN_REFUSED: Readonly<Record<string, string>> = {
  BAD_CERTIFICATE: 'it does not accept it',
  CERTIFICATE_UNKNOWN: 'it does not accept it',
  UNSUPPORTED_CERTIFICATE: 'its kind does not serve a client',
  CERTIFICATE_EXPIRED: 'it is expired',
  CERTIFICATE_REVOKED: 'it is revoked',
  UNKNOWN_CA: 'it does not know the authority that signed it',
  ACCESS_DENIED: 'its name is not among those that may send',
  DECRYPT_ERROR: 'its signature does not fit',
};

/** The server's own end of a failed handshake, by the names that OpenSSL gives to alerts (RFC 8446 section 6) and to faults. */
export function handshakeReason(error: unknown, about: TlsAbout): string {
  const code = codeOf(error);
  if (code === 'ECONNRESET') {
    return `the server closed the connection during the TLS handshake: either this is no port for TLS, or ${wanted(about)}`;
  }
  const ssl = code?.replace(/^ERR_SSL_/, '');
  if (ssl === undefined || ssl === code) return reasonOf(error);
  if (/^(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|HTTP_REQUEST|RECORD_LAYER_FAILURE)$/.test(ssl)) {
    return 'what answers there does not speak TLS: if it is a plain TCP port, write tcp:// in target, else name the port for TLS';
  }
  const alert = /ALERT_(.+)$/.exec(ssl)?.[1];
  if (alert === 'PROTOCOL_VERSION' || /^(UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|WRONG_SSL_VERSION)$/.test(ssl)) {
    return 'the server offers no version of TLS that is safe to use: 1.2 and 1.3 are, so raise what it allows';
  }
  if (alert === 'CERTIFICATE_REQUIRED') return wanted(about);
  if (alert === 'HANDSHAKE_FAILURE')
    return `the server refused the TLS handshake: no cipher in common, or ${wanted(about)}`;
  if (alert === 'UNRECOGNIZED_NAME') return `the server does not answer to the name ${about.host}`;
  if (alert !== undefined && OWN_REFUSED[alert]) {
    if (about.cert === undefined) return `the server refused the TLS handshake (${alert}): ${wanted(about)}`;
    return `the server refused the agent's certificate ${about.cert}: ${OWN_REFUSED[alert]}`;
  }
  const fault = error instanceof Error && 'reason' in error ? error.reason : code;
  return `the TLS handshake failed (${fault})`;
}

/** Why a connection broke after its handshake. A server of TLS 1.3 judges the agent's certificate only then. */
export function standingReason(error: unknown, about: TlsAbout): string {
  return codeOf(error) === 'ECONNRESET' ? reasonOf(error) : handshakeReason(error, about);
}

/** What a server may mean that hangs up instead of saying what it wants. */
export function wanted({ cert }: TlsAbout): string {
  return cert === undefined
    ? "the server wants the agent's certificate: set tls_cert and tls_key"
    : `the server does not accept the agent's certificate ${cert}`;
}

/** Why the server's certificate is not trusted. `code` as OpenSSL and Node name it; `chain` begins with the server's own. */
export function distrustReason(code: string, chain: readonly ChainLink[], about: TlsAbout, now: number): string {
  const [own] = chain;
  const last = chain.at(-1);
  const trusted = about.ca === undefined ? "the system's authorities" : about.ca;
  const trust = 'name the file with that authority in tls_ca';
  const of = (one: ChainLink | undefined) => (one === own ? "the server's certificate" : `the authority ${one?.name}`);
  switch (code) {
    case 'CERT_HAS_EXPIRED': {
      const old = chain.find(({ until }) => until < now) ?? own;
      return `${of(old)} has expired, it was valid until ${dateText(old?.until)}: it must be renewed, unless this machine's clock is wrong`;
    }
    case 'CERT_NOT_YET_VALID': {
      const young = chain.find(({ from }) => from > now) ?? own;
      return `${of(young)} is not valid before ${dateText(young?.from)}: is this machine's clock right`;
    }
    case 'ERR_TLS_CERT_ALTNAME_INVALID': {
      const kind = isIP(about.host) ? 'address' : 'name';
      const names = own?.names.join(', ') || `nobody but the CN ${own?.name}, which does not count`;
      return `the server's certificate is for ${names} and not for the ${kind} ${about.host}: write in target what it is for, or let it be made anew`;
    }
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return `the server's certificate is signed by nobody but itself and is not in ${trusted}: if it is the right one, name a file with it in tls_ca`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return `the server's certificate comes from the authority ${last?.name}, which is not in ${trusted}: ${trust}`;
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `the server's certificate is signed by ${last?.issuer}, which is not in ${trusted}: ${trust}, or let the server send the certificates between as well`;
    case 'CERT_SIGNATURE_FAILURE':
      return `the server's certificate bears the name of an authority in ${trusted}, but not its signature: name the right file in tls_ca`;
    default:
      return `the server's certificate is not trusted (${code})`;
  }
}

/** The chain that the server sent, its own certificate first, as far as it is known. */
export function chainOf(certificate: PeerCertificate): ChainLink[] {
  const chain: ChainLink[] = [];
  const seen = new Set<string>();
  type Detailed = PeerCertificate & { issuerCertificate?: Detailed };
  for (let one: Detailed | undefined = certificate; one?.fingerprint256; one = one.issuerCertificate) {
    if (seen.has(one.fingerprint256)) break;
    seen.add(one.fingerprint256);
    chain.push({
      name: nameOf(one.subject),
      issuer: nameOf(one.issuer),
      from: Date.parse(one.valid_from),
      until: Date.parse(one.valid_to),
      names: (one.subjectaltname ?? '').split(', ').flatMap((name) => name.replace(/^(DNS|IP Address):/, '') || []),
    });
  }
  return chain;
}

function nameOf(name: PeerCertificate['subject'] | undefined): string {
  const first = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value);
  return first(name?.CN) ?? first(name?.O) ?? 'somebody without a name';
}

function dateText(time: number | undefined): string {
  return time === undefined || Number.isNaN(time)
    ? 'an unknown time'
    : new Date(time).toISOString().slice(0, 16).concat('Z');
}
