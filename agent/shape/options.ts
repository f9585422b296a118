/** The keys of `[transform]`, `[levels]`, `[owners]` and `[redact]`: what becomes of a line. */
import * as z from 'zod/mini';
import type { Option, Options, PriorityRule, TransformConfig } from '../types.ts';
import { FACILITIES, facilityNumber, SEVERITIES, severityNumber } from '../wire/priority.ts';
import { namesGrokField } from './grok.ts';
import { readLimit } from './limit.ts';
import { BUILTINS, isBuiltin } from './pattern.ts';
import { readRedaction } from './redact.ts';
import { readTemplate } from './template.ts';

/** What is wrong with a word, and the words among which the nearest is looked for. */
type Wrong = {
  readonly message: string;
  readonly params: { readonly word: string; readonly known: readonly string[] };
};

/** Where a group's name begins; a lookbehind begins `(?<=` or `(?<!` and has none. */
const NAMED_GROUP = /\(\?P?<[^=!>]/;

export const transformOptions = {
  pattern: {
    default: 'app',
    meaning:
      'How a line is taken apart: app, script, syslog, rfc5424, nginx, apache, json, logfmt, java, python, docker-json, cri, utmp; cri/java for java lines in cri; or a regex in single quotes with named groups: time host owner pid level other msg, and any of your own, also written %{IP:client}. With format = script and no pattern set it is script, and unmatched is drop.',
    schema: z.transform((text: string, context) => {
      const pattern = readPattern(text);
      if (typeof pattern !== 'string') return pattern;
      context.issues.push({ code: 'custom', input: text, message: pattern, params: { known: BUILTINS } });
      return z.NEVER;
    }),
  },
  unmatched: {
    default: 'ship',
    meaning:
      'A line that the pattern does not match: ship it whole, drop it, or join it to the record before (stack traces).',
    schema: z.enum(['ship', 'drop', 'join']),
  },
  timezone: {
    default: 'local',
    meaning: "IANA zone in which the time group is written, such as Europe/Berlin. local: the host's.",
    schema: z.transform((text: string, context) => {
      const zone = text === 'local' ? undefined : zoneName(text);
      if (zone !== undefined || text === 'local') return zone;
      const known = ['local', 'UTC', ...Intl.supportedValuesOf('timeZone')];
      const message = `'${text}' is no IANA time zone, such as UTC or Europe/Berlin`;
      context.issues.push({ code: 'custom', input: text, message, params: { known } });
      return z.NEVER;
    }),
  },
} as const satisfies Options;

const severity = z.transform((text: string, context) => {
  const wrong = wrongSeverity(text);
  if (wrong) context.issues.push({ code: 'custom', input: text, ...wrong });
  return severityNumber(text) ?? z.NEVER;
});

/** Any word in `[levels]`. */
export const anyLevel = {
  default: '',
  meaning: 'A level word, in any case, and its severity.',
  schema: severity,
} as const satisfies Option;

/** The level words known from the start. */
export const levelOptions = levels({
  emerg: ['EMERG', 'EMERGENCY', 'PANIC'],
  alert: ['ALERT'],
  crit: ['CRIT', 'CRITICAL', 'FATAL'],
  err: ['ERROR', 'ERR', 'SEVERE'],
  warning: ['WARN', 'WARNING'],
  notice: ['NOTICE'],
  info: ['INFO', 'INFORMATION'],
  debug: ['DEBUG', 'TRACE', 'VERBOSE', 'CONFIG', 'FINE', 'FINER', 'FINEST'],
});

/** Any owner in `[owners]`. */
export const anyOwner = {
  default: '',
  meaning: 'An owner and its facility.severity.',
  schema: z.transform((text: string, context): PriorityRule => {
    const [, facility = '', severity = ''] = /^([^.\s]+)\.([^.\s]+)$/.exec(text) ?? [];
    const wrong =
      facility === ''
        ? { message: `'${text}' is not facility.severity, such as local0.notice or *.err` }
        : ((facility === '*' ? undefined : wrongFacility(facility)) ??
          (severity === '*' ? undefined : wrongSeverity(severity)));
    if (wrong) context.issues.push({ code: 'custom', input: text, ...wrong });
    return { facility: facilityNumber(facility), severity: severityNumber(severity) };
  }),
} as const satisfies Option;

/** `*` is the last resort for each half by itself, so that as built in it takes no severity away from a level. */
export const ownerOptions = {
  '*': {
    default: 'user.info',
    meaning:
      'The last resort, for each half by itself: the facility where the owner names none, the severity where neither owner nor level names one.',
    schema: anyOwner.schema,
  },
  ecms_troubleshoot: {
    default: '*.emerg',
    meaning: 'As in the old script: always emerg.',
    schema: anyOwner.schema,
  },
} as const satisfies Options;

/** Any name in `[fields]`. */
export const anyField = {
  default: '',
  meaning:
    'A member that is added to the JSON, under the name in upper case: a text, with %properties% as in template.',
  schema: z.transform((text: string) => readTemplate(text)),
} as const satisfies Option;

/** Any owner in `[limit]`. */
export const anyLimit = {
  default: 'none',
  meaning: 'An owner and a severity, and the most of its records that go out: 100/s, 1000/5m, 1 in 10, or none.',
  schema: z.transform((text: string) => readLimit(text)),
} as const satisfies Option;

/** Any name in `[redact]` beyond those of the ready redactions. */
export const anyRedaction = {
  default: 'off',
  meaning: 'What is replaced: a regex in single quotes; where it has a group (?<secret>…), only that.',
  schema: z.transform((text: string) => readRedaction(text, false)),
} as const satisfies Option;

const readyRedaction = (what: string) => ({
  default: 'off',
  meaning: `on: ${what} are replaced. Or a regex in single quotes, or off.`,
  schema: z.transform((text: string) => readRedaction(text, true)),
});

/** What is replaced by `***` in every line before anything else is done with it. */
export const redactions = {
  card: readyRedaction('payment card numbers whose check digit is right'),
  bearer: readyRedaction('the credentials behind Bearer and Basic'),
  url_password: readyRedaction('passwords in URLs'),
  email: readyRedaction('e-mail addresses'),
} as const satisfies Options;

export const redactOptions = {
  hash_key: {
    default: '',
    meaning:
      'With a key, 16 hexadecimal digits of an HMAC stand behind ***: the same secret always gives the same ones, so that records can still be told apart by it.',
    schema: z.transform((text: string) => (text === '' ? undefined : text)),
    secret: true,
  },
  ...redactions,
} as const satisfies Options;

/** A pattern, or the sentence that says why it is none. */
function readPattern(text: string): TransformConfig['pattern'] | string {
  if (isBuiltin(text)) return { builtin: text };
  if (NAMED_GROUP.test(text) || namesGrokField(text)) return { regex: text };
  return `'${text}' is neither a built-in pattern (${BUILTINS.join(', ')}) nor a regex: a regex needs single quotes and at least one named group, such as (?<msg>.*) or %{GREEDYDATA:msg}`;
}

function zoneName(text: string): string | undefined {
  // Intl takes offsets such as +02:00 too; they are no IANA zone and know no summer time.
  if (!/^[A-Za-z]/.test(text)) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

function wrongFacility(word: string): Wrong | undefined {
  if (facilityNumber(word) !== undefined) return undefined;
  const names = FACILITIES.map(({ name }) => name);
  const message = `'${word}' is no facility; there are ${names.join(' ')}, 0 to 23, and *`;
  return { message, params: { word, known: [...names, ...FACILITIES.flatMap(({ synonyms }) => synonyms)] } };
}

function wrongSeverity(word: string): Wrong | undefined {
  if (severityNumber(word) !== undefined) return undefined;
  const names = SEVERITIES.map(({ name }) => name);
  const message = `'${word}' is no severity; there are ${names.join(' ')}, and 0 to 7`;
  return { message, params: { word, known: [...names, ...SEVERITIES.flatMap(({ synonyms }) => synonyms)] } };
}

function levels(words: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, Option<number>>> {
  const rows = Object.entries(words).flatMap(([severityName, synonyms]) =>
    synonyms.map((word) => [word, { default: severityName, meaning: anyLevel.meaning, schema: severity }] as const),
  );
  return Object.fromEntries(rows);
}
