/**
 * Login records of utmp, wtmp and btmp (utmp(5), the layout of glibc on Linux), written as `utmpdump` of util-linux shows them.
 * Numbers are little-endian.
 */

/** Bytes of a record. */
export const UTMP_BYTES = 384;

/** Where its parts stand, and how long texts are. */
const AT = { type: 0, pid: 4, line: 8, id: 40, user: 44, host: 76, seconds: 340, micros: 344, address: 348 } as const;
const LENGTH = { line: 32, id: 4, user: 32, host: 256 } as const;
const IPV4_IN_IPV6 = 12;
/** ACCOUNTING, the last of the types. */
const MOST_TYPE = 9;

/** The text of the record at `from`; undefined where it holds nothing but NUL bytes. */
export function utmpLine(bytes: Buffer, from: number): string | undefined {
  const record = bytes.subarray(from, from + UTMP_BYTES);
  if (record.every((byte) => byte === 0)) return undefined;
  // What a crash cut off stands as NUL bytes.
  const whole = record.length === UTMP_BYTES ? record : Buffer.concat([record], UTMP_BYTES);
  const text = (name: keyof typeof LENGTH) => readText(whole, AT[name], LENGTH[name]);
  const fields = [
    String(whole.readInt16LE(AT.type)),
    String(whole.readInt32LE(AT.pid)).padStart(5, '0'),
    text('id').padEnd(4),
    text('user').padEnd(8),
    text('line').padEnd(12),
    text('host').padEnd(20),
    addressOf(whole).padEnd(15),
    timeOf(whole),
  ];
  return fields.map((field) => `[${field}]`).join(' ');
}

/** Up to the first NUL; what is no printable character shows as `?`, so that one record stays one line. */
function readText(record: Buffer, at: number, length: number): string {
  const bytes = record.subarray(at, at + length);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? length : end).replace(/[\0-\x1f\x7f]/g, '?');
}

function addressOf(record: Buffer): string {
  const bytes = record.subarray(AT.address, AT.address + 16);
  if (bytes.subarray(4).every((byte) => byte === 0)) return [...bytes.subarray(0, 4)].join('.');
  const mapped = bytes.subarray(0, IPV4_IN_IPV6).equals(Buffer.from('00000000000000000000ffff', 'hex'));
  if (mapped) return `::ffff:${[...bytes.subarray(IPV4_IN_IPV6)].join('.')}`;
  // As the C library writes IPv4-compatible addresses (RFC 4291 section 2.5.5.1).
  const compatible =
    bytes.subarray(0, IPV4_IN_IPV6).every((byte) => byte === 0) && bytes.readUInt16BE(IPV4_IN_IPV6) !== 0;
  if (compatible) return `::${[...bytes.subarray(IPV4_IN_IPV6)].join('.')}`;
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16));
  return shorten(groups.join(':'));
}

/** The longest run of zero groups, the first of several, becomes `::` (RFC 5952 section 4.2). */
function shorten(address: string): string {
  const groups = address.split(':');
  let [start, most] = [0, 1];
  for (let at = 0; at < groups.length; at += 1) {
    let end = at;
    while (groups[end] === '0') end += 1;
    if (end - at > most) [start, most] = [at, end - at];
    at = Math.max(at, end - 1);
  }
  if (most < 2) return address;
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + most).join(':')}`;
}

/** ISO 8601 with a comma, in UTC. */
function timeOf(record: Buffer): string {
  const seconds = new Date(record.readUInt32LE(AT.seconds) * 1000).toISOString().slice(0, 19);
  const micros = String(Math.abs(record.readInt32LE(AT.micros)) % 1_000_000).padStart(6, '0');
  return `${seconds},${micros}+00:00`;
}

/** Whether a file's beginning holds login records: whole ones, of types that there are, whose texts are texts. */
export function looksLikeUtmp(bytes: Buffer): boolean {
  if (bytes.length < UTMP_BYTES) return false;
  const starts = Array.from({ length: Math.min(10, Math.floor(bytes.length / UTMP_BYTES)) }, (_, i) => i * UTMP_BYTES);
  return starts.every((start) => {
    const record = bytes.subarray(start, start + UTMP_BYTES);
    const type = record.readInt16LE(AT.type);
    return (
      type >= 0 &&
      type <= MOST_TYPE &&
      record.readInt16LE(AT.type + 2) === 0 &&
      record.subarray(-20).every((byte) => byte === 0)
    );
  });
}
