/** The half of `[syslog]` that says how a record looks. */
import * as z from 'zod/mini';
import type { Options } from '../types.ts';
import { parseDuration, parseSize } from '../wire/units.ts';
import { readSelector } from './select.ts';
import { readTemplate } from './template.ts';

/** A receiver must take messages of this size (RFC 5424 section 6.1); less would hardly hold a header. */
/** ms. */
const SHORTEST_MARK = 1000;
const SMALLEST_CHUNK = 480;

export const recordOptions = {
  format: {
    default: 'rfc5424',
    meaning: 'How a record looks: rfc5424, rfc3164, or script (byte for byte what the old script meant to send).',
    schema: z.enum(['rfc5424', 'rfc3164', 'script']),
  },
  chunk: {
    default: 'auto',
    meaning:
      'Largest message in bytes, header included; longer records are cut into parts. 0 = no limit (over UDP: what a datagram holds). auto: 1024 with a udp target, else 8096.',
    schema: z.transform(readChunk),
  },
  json: {
    default: 'own',
    meaning:
      "Keys of the JSON: own (what the header does not carry), all (the old script's five too), or a list: MSG,LEVEL.",
    schema: z.transform(readJson),
  },
  template: {
    default: '',
    meaning:
      "What stands in place of the JSON: text with %properties% as rsyslog has them, and the pattern's groups: 'tag=%app-name%, sev=%severity-text%, msg=%msg%'. Empty: the JSON.",
    schema: z.transform((text: string) => (text === '' ? undefined : readTemplate(text))),
  },
  record_template: {
    default: '',
    meaning:
      "The same in place of the whole record, header and all: '<%pri%>%timestamp% %hostname% %syslogtag% %msg%'. Empty: what format says.",
    schema: z.transform((text: string) => (text === '' ? undefined : readTemplate(text))),
  },
  select: {
    default: '*.*',
    meaning:
      "Which records are sent: a selector as rsyslog has them, in single quotes, such as '*.info;mail.none;authpriv.none'. The others are counted as filtered.",
    schema: z.pipe(
      z.string().check(z.minLength(1, 'there is no selector. Write one, or leave the key out')),
      z.transform(readSelector),
    ),
  },
  hostname: {
    default: '',
    meaning: "The agent's own HOSTNAME, for lines that name none. Empty: the host's name.",
    schema: z
      .string()
      .check(z.regex(/^[!-~]{0,255}$/, 'a host name is printable ASCII without blanks, at most 255 characters')),
  },
  sd_id: {
    default: 'tail@32473',
    meaning:
      "SD-ID of the element by which a record is known again. 32473 is RFC 5612's number for documentation: put your own enterprise number there.",
    schema: z
      .string()
      .check(
        z.regex(
          /^(?=.{1,32}$)[!#-<>?A-\\^-~]+@\d+(\.\d+)*$/,
          'an SD-ID is NAME@ENTERPRISE-NUMBER, at most 32 characters, such as tail@32473',
        ),
      ),
  },
  mark: {
    default: 'off',
    meaning: 'How often an in-band -- MARK -- record names each open file and its committed byte, or off.',
    schema: z.transform(readMark),
  },
  report_loss: {
    default: 'on',
    meaning:
      'Whether bytes that are known to be lost, or were dropped from the spool, are reported in-band too: on or off. They are always logged and counted.',
    schema: z.enum(['on', 'off']),
  },
} as const satisfies Options;

function readMark(text: string): number | undefined {
  if (text === 'off') return undefined;
  const ms = parseDuration(text, 'off');
  if (ms < SHORTEST_MARK) throw new Error(`${text} is too often; the shortest is 1s`);
  return ms;
}

function readChunk(text: string): number | undefined {
  if (text === 'auto') return undefined;
  const bytes = parseSize(text, 'auto');
  if (bytes > 0 && bytes < SMALLEST_CHUNK) {
    throw new Error(`${text} is too small for a message; the smallest is ${SMALLEST_CHUNK} bytes, and 0 is no limit`);
  }
  return bytes;
}

function readJson(text: string): 'own' | 'all' | readonly string[] {
  if (text === 'own' || text === 'all') return text;
  const names = text.split(',').map((name) => name.trim().toUpperCase());
  const bad = names.find((name) => !/^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name));
  if (bad !== undefined)
    throw new Error(`'${bad}' is no name of a group. Write own, all, or names with commas: MSG,LEVEL`);
  return [...new Set(names)];
}
