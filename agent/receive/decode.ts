/** A message as fields, for `--json`. */
import { readIdentity } from '../wire/identity.ts';
import { priorityText } from '../wire/priority.ts';
import { readRfc3164 } from '../wire/rfc3164.ts';
import { readRfc5424 } from '../wire/rfc5424.ts';

/** The fields of a message, in either form; `fields` is its MSG where that is a JSON object. What is absent is left out. */
export type Decoded = {
  pri?: number;
  facility?: string;
  severity?: string;
  timestamp?: string;
  hostname?: string;
  appName?: string;
  procid?: string;
  msgid?: string;
  sd?: Record<string, Record<string, string>>;
  msg: string;
  fields?: Record<string, unknown>;
};

/** Takes a message apart. Any text has at least `msg`; never throws. */
export function decode(text: string): Decoded {
  const record = readRfc5424(text);
  if (record) {
    const { pri, timestamp, hostname, appName, procid, msgid, msg } = record;
    const sd = Object.fromEntries(record.sd.map(({ id, params }) => [id, Object.fromEntries(params)]));
    return present({ pri, ...words(pri), timestamp, hostname, appName, procid, msgid, sd, msg });
  }
  const older = readRfc3164(text);
  if (!older) return present({ msg: text });
  const { pri, timestamp, hostname, appName, procid, msg } = older;
  return present({ pri, ...words(pri), timestamp, hostname, appName, procid, msg });
}

/**
 * Tells whether the last message of a stream, which ended without its LF, was cut off in the middle: where a header or a JSON
 * object was begun and not brought to its end, and where a record with an identity lacks its JSON. Of plain text it cannot be told.
 */
export function isCutOff(text: string): boolean {
  const record = readRfc5424(text);
  if (!record && /^<\d{1,3}>1 /.test(text)) return true;
  const { msg, fields } = decode(text);
  const promisesJson =
    msg.startsWith('{') || record?.sd.some((element) => readIdentity(element) !== undefined) === true;
  return promisesJson && fields === undefined;
}

function words(pri: number): { facility: string; severity: string } {
  const [facility, severity] = priorityText(pri).split('.') as [string, string];
  return { facility, severity };
}

function present(fields: { [K in keyof Decoded]: Decoded[K] | undefined } & { msg: string }): Decoded {
  const object = readObject(fields.msg);
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '-');
  const decoded = { ...Object.fromEntries(kept), msg: fields.msg };
  return object ? { ...decoded, fields: object } : decoded;
}

function readObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
