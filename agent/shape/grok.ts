/** Names for pieces of a pattern, as grok writes them: `%{IP:client}` is a group `client` that takes an IP address. */

const IPV4 = String.raw`(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)`;
/** Any run of hexadecimal groups with at least two colons, an IPv4 address at the end, and a zone. */
const IPV6 = String.raw`[\da-fA-F]{0,4}:(?:[\da-fA-F]{0,4}:)+(?:${IPV4}|[\da-fA-F]{0,4})(?:%\w+)?`;
const NAME = '[a-zA-Z0-9_](?:[a-zA-Z0-9_-]*[a-zA-Z0-9_])?';
const CLOCK = String.raw`\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?`;
/** `Z`, an offset, or letters such as UTC and CEST. */
const OFFSET = String.raw`(?:Z|UTC|GMT|[A-Z]{2,3}T|[+-]\d{2}(?::?\d{2})?)`;
const MONTH_NAME =
  '(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)';
const WEEKDAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*';
const QUOTED = String.raw`(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')`;
const LEVEL =
  '(?:TRACE|DEBUG|INFO|INFORMATION|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|CRITICAL|CRIT|FATAL|ALERT|EMERGENCY|EMERG|PANIC)';

/** None of them holds a group, a look-around or a reference: a pattern made of them keeps its linear form. */
const GROK: Readonly<Record<string, string>> = {
  ...{ WORD: String.raw`\w+`, NOTSPACE: String.raw`[^ \t]+`, SPACE: String.raw`[ \t]*`, DATA: '.*?', GREEDYDATA: '.*' },
  ...{
    USERNAME: '[a-zA-Z0-9._@-]+',
    USER: '[a-zA-Z0-9._@-]+',
    EMAILADDRESS: '[a-zA-Z0-9.!#$&*+/=?^_`{|}~-]+@[a-zA-Z0-9.-]+',
  },
  INT: String.raw`[+-]?\d+`,
  ...{ POSINT: String.raw`[1-9]\d*`, NONNEGINT: String.raw`\d+` },
  ...{ NUMBER: String.raw`[+-]?(?:\d+(?:\.\d+)?|\.\d+)`, BASE10NUM: String.raw`[+-]?(?:\d+(?:\.\d+)?|\.\d+)` },
  BASE16NUM: '(?:0[xX])?[0-9a-fA-F]+',
  ...{ QS: QUOTED, QUOTEDSTRING: QUOTED },
  UUID: '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}',
  MAC: '(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}',
  ...{ IPV4, IPV6, IP: `(?:${IPV6}|${IPV4})` },
  HOSTNAME: String.raw`${NAME}(?:\.${NAME})*\.?`,
  ...{ HOST: String.raw`${NAME}(?:\.${NAME})*\.?`, IPORHOST: String.raw`(?:${IPV6}|${IPV4}|${NAME}(?:\.${NAME})*\.?)` },
  HOSTPORT: String.raw`(?:\[${IPV6}\]|${IPV4}|${NAME}(?:\.${NAME})*):\d+`,
  ...{ PATH: String.raw`(?:/[^ \t"'?*]*|[A-Za-z]:\\[^\t"'?*]*)`, UNIXPATH: String.raw`/[^ \t"'?*]*` },
  WINPATH: String.raw`[A-Za-z]:\\[^\t"'?*]*`,
  ...{ URIPROTO: '[A-Za-z][A-Za-z0-9+.-]*', URIHOST: String.raw`(?:\[${IPV6}\]|[a-zA-Z0-9_.-]+)(?::\d+)?` },
  ...{ URIPATH: String.raw`/[^ \t"?#]*`, URIPARAM: String.raw`\?[^ \t"#]*`, URIPATHPARAM: String.raw`/[^ \t"#]*` },
  URI: String.raw`[A-Za-z][A-Za-z0-9+.-]*://[^ \t"]+`,
  ...{
    MONTH: MONTH_NAME,
    MONTHNUM: '(?:0?[1-9]|1[0-2])',
    MONTHDAY: String.raw`(?:0?[1-9]|[12]\d|3[01])`,
    DAY: WEEKDAY,
  },
  ...{ YEAR: String.raw`\d{4}`, HOUR: String.raw`(?:[01]?\d|2[0-3])`, MINUTE: String.raw`[0-5]\d` },
  ...{
    SECOND: String.raw`(?:[0-5]?\d|60)(?:[.,]\d+)?`,
    TIME: CLOCK,
    DATE: String.raw`\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}`,
  },
  ISO8601_TIMEZONE: OFFSET,
  TIMESTAMP_ISO8601: String.raw`\d{4}[-/.]\d{2}[-/.]\d{2}(?:T|[ _]+)${CLOCK}(?: ?${OFFSET})?`,
  HTTPDATE: String.raw`\d{2}/${MONTH_NAME}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}`,
  SYSLOGTIMESTAMP: String.raw`${MONTH_NAME} +\d{1,2} (?:\d{4} )?\d{2}:\d{2}:\d{2}(?:\.\d+)?`,
  HTTPDERROR_DATE: String.raw`${WEEKDAY} ${MONTH_NAME} \d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)? \d{4}`,
  EPOCH: String.raw`\d{9,10}(?:[.,]?\d+)?`,
  ...{ PROG: '[a-zA-Z0-9._/%()@+-]+', SYSLOGHOST: `(?:${IPV6}|[a-zA-Z0-9._-]+)` },
  LOGLEVEL: `(?:${LEVEL}|${LEVEL.toLowerCase()}|${LEVEL.replace(/[A-Z]+/g, (word) => word[0] + word.slice(1).toLowerCase())})`,
  JAVACLASS: String.raw`[a-zA-Z_$][\w$]*(?:\.[\w$<>]+)*`,
};

const PIECE = /%\{(\w+)(?::([^:}]+))?(?::(?:int|float|string))?\}/g;

/** True where a pattern makes a group by such a name. */
export function namesGrokField(source: string): boolean {
  return [...source.matchAll(PIECE)].some(([, , field]) => field !== undefined);
}

/**
 * Writes `%{NAME}` and `%{NAME:field}` out. What no group of JavaScript can be called becomes `_` (`source.ip`, `[a][b]`). Throws an
 * Error that names the piece when there is none of that name.
 */
export function expandGrok(source: string): string {
  return source.replace(PIECE, (piece, name: string, field: string | undefined) => {
    const body = Object.hasOwn(GROK, name) ? GROK[name] : undefined;
    if (body === undefined)
      throw new Error(`there is no ${piece}: the names are ${Object.keys(GROK).sort().join(' ')}`);
    return field === undefined ? `(?:${body})` : `(?<${groupName(field)}>${body})`;
  });
}

function groupName(field: string): string {
  const name = field.replace(/^\[|\]$/g, '').replace(/\]\[|\W/g, '_');
  return /^\d/.test(name) ? `_${name}` : name;
}
