/** Certificates of the test's own: a small writer of X.509 (RFC 5280) in DER, so that any time, name and signer can be had. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import fs from 'node:fs';
import { isIPv4 } from 'node:net';

export type Made = {
  readonly cert: string;
  readonly key: string;
  readonly name: string;
  readonly secret: KeyObject;
};

type Wanted = {
  readonly name: string;
  /** Undefined: it signs itself. */
  readonly by?: Made;
  /** Names and addresses that it is for. */
  readonly names?: readonly string[];
  readonly authority?: boolean;
  /** From and until, in days from now. */
  readonly days?: readonly [number, number];
};

const DAY = 86_400_000;

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const size = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}
const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const octets = (bytes: Uint8Array) => der(0x04, bytes);
const bits = (bytes: Uint8Array) => der(0x03, Buffer.from([0]), bytes);
const text = (tag: number, value: string) => der(tag, Buffer.from(value));
const YES = Buffer.from([0x01, 0x01, 0xff]);

/** `numbers` are the arcs behind the first two, all below 16,384. */
function oid(first: number, ...numbers: readonly number[]): Buffer {
  return der(0x06, Buffer.from([first, ...numbers.flatMap((n) => (n < 128 ? [n] : [(n >> 7) | 128, n & 127]))]));
}
const nameOf = (name: string) => sequence(der(0x31, sequence(oid(0x55, 4, 3), text(0x0c, name))));
const timeOf = (days: number) =>
  text(0x17, `${new Date(Date.now() + days * DAY).toISOString().slice(2, 19).replaceAll(/[-T:]/g, '')}Z`);
/** ecdsa-with-SHA256: 1.2.840.10045.4.3.2 */
const ALGORITHM = sequence(oid(0x2a, 840, 10045, 4, 3, 2));

function extensions({ authority = false, names = [] }: Wanted): Buffer {
  const alternatives = names.map((name) =>
    isIPv4(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : text(0x82, name),
  );
  return der(
    0xa3,
    sequence(
      sequence(oid(0x55, 29, 19), YES, octets(sequence(...(authority ? [YES] : [])))),
      sequence(oid(0x55, 29, 15), YES, octets(der(0x03, Buffer.from(authority ? [1, 0x06] : [7, 0x80])))),
      ...(names.length > 0 ? [sequence(oid(0x55, 29, 17), octets(sequence(...alternatives)))] : []),
    ),
  );
}

/** A certificate with a key of its own. */
export function certificate(wanted: Wanted): Made {
  const { name, by, days = [-1, 30] } = wanted;
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = sequence(
    der(0xa0, Buffer.from([0x02, 0x01, 0x02])),
    der(0x02, Buffer.from([1]), randomBytes(8)),
    ALGORITHM,
    nameOf(by?.name ?? name),
    sequence(timeOf(days[0]), timeOf(days[1])),
    nameOf(name),
    pair.publicKey.export({ type: 'spki', format: 'der' }),
    extensions(wanted),
  );
  const whole = sequence(body, ALGORITHM, bits(sign('sha256', body, by?.secret ?? pair.privateKey)));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    ...{ name, secret: pair.privateKey },
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

/** An authority, a server's certificate for localhost and 127.0.0.1, and a client's. */
export function certificates() {
  const authority = certificate({ name: 'Test Authority', authority: true });
  const server = certificate({ name: 'log.test', by: authority, names: ['localhost', '127.0.0.1'] });
  const client = certificate({ name: 'web-1.test', by: authority, names: ['web-1.test'] });
  return { authority, server, client };
}

/** Writes certificate and key as NAME.pem and NAME.key into a folder, and gives their paths. */
export function writeCertificate(folder: string, name: string, { cert, key }: Made): { cert: string; key: string } {
  const files = { cert: `${folder}/${name}.pem`, key: `${folder}/${name}.key` };
  fs.writeFileSync(files.cert, cert);
  fs.writeFileSync(files.key, key, { mode: 0o600 });
  return files;
}
