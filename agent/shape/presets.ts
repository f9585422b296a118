/** The built-in patterns that are regular expressions, each made for what a program writes unless it is told otherwise. */

/** The expression of the script that tailship began as, tried at the start of a line as Python's `re.match` does. */
const SCRIPT =
  '(?P<time>\\w+ ( )?\\d+ \\d{2}:\\d{2}:\\d{2}) (?P<host>\\w+) (?P<owner>\\w+):( +)?(?P<pid>(\\[\\d+\\])?)(?P<level>(\\[\\w+\\])?) ?(?P<other>(\\[\\w+\\])?) ?(?P<msg>(.*))';

/**
 * The same, with more to it: host names with dots and dashes and IP addresses, owners as programs are really called, and
 * `owner[pid]:`. None of the new characters can stand where `script` goes on, so whatever `script` takes comes out the same.
 * A host with colons has two of them at least, and does not end with one: `app: error:` is no host.
 */
const APP = [
  '(?<time>\\w+ ( )?\\d+ \\d{2}:\\d{2}:\\d{2})',
  '(?<host>[\\w.-]+|[\\da-fA-F]*:[\\da-fA-F]*:[\\w.:%-]*\\w)',
  '(?<owner>[\\w./()@+-]+)(?::( +)?(?<pid>(\\[\\d+\\])?)|(?<pid>\\[\\d+\\]):( +)?)' +
    '(?<level>(\\[\\w+\\])?) ?(?<other>(\\[\\w+\\])?) ?(?<msg>(.*))',
].join(' ');

/** ISO 8601 with `T` or a blank, a fraction behind dot or comma, an offset or none. */
const ISO = String.raw`\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?`;
const MSG = '(?<msg>.*)$';

/** RFC 3164 as files have it, with ISO times (`T` in them) and a PRI where there are any. A tag with a blank has a process id. */
const TAG = String.raw`(?:(?<owner>[^ \[\]:]+(?: [^ \[\]:]+)*)\[(?<pid>[^\]]*)\](?: \((?<unit>[^)]*)\))?: ?|(?<owner>[^ \[\]:]+): ?)`;
const SYSLOG = [
  String.raw`^(?:<(?<pri>\d{1,3})>)?(?:`,
  String.raw`(?<time>[A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d{2}:\d{2}:\d{2}(?:\.\d+)?) (?<host>[^ ]+) ${TAG}?`,
  String.raw`|(?<time>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?) (?<host>[^ ]+) ${TAG})${MSG}`,
].join('');

/** RFC 5424 section 6, where `-` stands for nothing. */
const RFC5424 = [
  String.raw`^<(?<pri>\d{1,3})>\d{1,2} (?:-|(?<time>[^ ]+)) (?:-|(?<host>[^ ]+)) (?:-|(?<owner>[^ ]+)) (?:-|(?<pid>[^ ]+)) `,
  String.raw`(?:-|(?<msgid>[^ ]+)) (?:-|(?<sd>(?:\[[^\]"]*(?:"(?:[^"\\]|\\.)*"[^\]"]*)*\])+))(?: ${MSG}|$)`,
].join('');

/** The common and combined formats; a virtual host may stand before, fields of the operator's own behind. */
const REQUEST = String.raw`"(?<msg>(?:(?<method>[A-Z]+) (?<path>[^ "]+)(?: (?<protocol>[A-Z]+/[\d.]+))?)|(?:[^"\\]|\\.)*)"`;
const ACCESS = [
  String.raw`^(?:(?<vhost>[\w.-]+:\d+) )?(?<client>[^ ]+) [^ ]+ (?:-|(?<user>[^\[]+)) \[(?<time>\d{2}/[A-Z][a-z]{2}/\d{4}:[\d:]+ [+-]\d{4})\] `,
  String.raw`${REQUEST} (?<status>\d{3}|-) (?:-|(?<bytes>\d+))`,
  String.raw`(?: "(?:-|(?<referer>(?:[^"\\]|\\.)*))" "(?:-|(?<agent>(?:[^"\\]|\\.)*))")?(?: (?<other>.*))?$`,
].join('');

const NGINX_ERROR = String.raw`^(?<time>\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2}) \[(?<level>\w+)\] (?<pid>\d+)#(?<tid>\d+): (?:\*(?<connection>\d+) )?${MSG}`;

/** 2.2 has no module and no process; the client stands before what happened. */
const APACHE_ERROR = [
  String.raw`^\[(?<time>[A-Z][a-z]{2} [A-Z][a-z]{2} \d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)? \d{4})\] \[(?:(?<module>\w*):)?(?<level>\w+)\] `,
  String.raw`(?:\[pid (?<pid>\d+)(?::tid (?<tid>\d+))?\] )?(?:\[(?:client|remote) (?<client>[^\]]+)\] )?${MSG}`,
].join('');

const JAVA_LEVEL = '(?<level>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|SEVERE|CONFIG|FINE|FINER|FINEST|ALL|OFF)';
const JAVA_CLASS = String.raw`[A-Za-z_$][\w$]*(?:\.[\w$<>]+)+`;

/** Before it there may be the application's name and more, each in brackets; what is common is written out, since a scanner can take that. */
const SPRING = String.raw`\[ *(?<thread>[^\]]*)\] (?<logger>[^ ]+) *: ${MSG}`;

/** Layouts of log4j, logback, Spring Boot and java.util.logging. A time without a date is none that can be read. */
const JAVA = [
  String.raw`^\[?(?:(?<time>${ISO}|\d{2}/\d{2}/\d{2} \d{2}:\d{2}:\d{2}(?:[.,]\d+)?|\d{6} \d{6}|\d{2}[- ][A-Z][a-z]{2}[- ]\d{4} \d{2}:\d{2}:\d{2}(?:[.,]\d+)?)`,
  String.raw`|(?<clock>\d{2}:\d{2}:\d{2}(?:[.,]\d+)?))\]?`,
  '(?:',
  [
    String.raw` +${JAVA_LEVEL} +(?<pid>\d+) --- (?:${SPRING}|\[[^\]]*\] ${SPRING}|(?:\[[^\]]*\] )*?${SPRING})`,
    String.raw` +- +${JAVA_LEVEL} +\[(?<thread>.*?)(?::(?<logger>[\w$.]+)@(?<line>\d+))?\] - ${MSG}`,
    String.raw` +\[(?<thread>[^\]]*)\] +\[?${JAVA_LEVEL}\]? +(?:(?<logger>[\w.$/\-]+) +- +)?${MSG}`,
    String.raw` +(?:(?<pid>\d+) +)?\[?${JAVA_LEVEL}\]?:? +(?:\[(?<thread>[^\]]*)\] +)?(?:(?<logger>${JAVA_CLASS})(?: ?:| -) +)?${MSG}`,
  ].join('|'),
  ')',
].join('');

const PYTHON_LEVEL = String.raw`(?<level>DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL|NOTSET|\d{2})`;
const PYTHON_TIME = `(?<time>${ISO})`;

/** The logging module as it is mostly set up, and oslo, gunicorn, celery and uvicorn. */
const PYTHON = [
  String.raw`^${PYTHON_TIME} +(?<pid>\d+) ${PYTHON_LEVEL} (?<logger>[\w.]+) (?:\[(?<request>[^\]]*)\] )?${MSG}`,
  `^${PYTHON_TIME} - (?<logger>[^ ]+) - ${PYTHON_LEVEL} - ${MSG}`,
  String.raw`^${PYTHON_TIME} \[?${PYTHON_LEVEL}\]?:? +(?:\[(?<logger>[\w.]+)\]:? |(?<logger>[\w.]+): )?${MSG}`,
  String.raw`^\[${PYTHON_TIME}\] \[(?<pid>\d+)\] \[${PYTHON_LEVEL}\] ${MSG}`,
  String.raw`^\[${PYTHON_TIME}: ${PYTHON_LEVEL}/(?<process>[^\]]+)\] ${MSG}`,
  String.raw`^\[${PYTHON_TIME}\] ${PYTHON_LEVEL} (?:in (?<logger>[\w.]+): )?${MSG}`,
  `^${PYTHON_LEVEL}:(?<logger>[^: ]+):${MSG}`,
  `^${PYTHON_LEVEL}: +${MSG}`,
].join('|');

/** As `utmpdump` of util-linux shows a record. */
const UTMP = String.raw`^(?<msg>\[(?<type>\d+)\] \[(?<pid>\d+)\] \[(?<id>.{0,4}?) *\] \[(?<user>.*?) *\] \[(?<line>.*?) *\] \[(?<from>.*?) *\] \[(?<address>[^ \]]*) *\] \[(?<time>[^\]]+)\])$`;

export const PRESETS: Readonly<Record<string, string>> = {
  app: `^${APP}`,
  script: `^${SCRIPT}`,
  syslog: SYSLOG,
  rfc5424: RFC5424,
  nginx: `${ACCESS}|${NGINX_ERROR}`,
  apache: `${ACCESS}|${APACHE_ERROR}`,
  java: JAVA,
  python: PYTHON,
  utmp: UTMP,
};
