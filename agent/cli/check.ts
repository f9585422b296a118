import type { Checked } from '../check.ts';
import type { Finding } from '../findings.ts';
import { CONFIG_OPTION, type Command, durationOf } from './command.ts';
import { EXIT } from './io.ts';
import { wrap } from './text.ts';

/** Where the terminal does not say how wide it is, and what is still easy to read, columns. */
const NARROW = 80;
const WIDEST = 120;
/** A weekend. */
const OUTAGE = '3d';

export const checkCommand: Command = {
  name: 'check',
  usage: 'check [-c FILE] [--connect] [--outage TIME] [--values] [--json]',
  summary: 'Check configuration, files, spool and servers.',
  about: [
    'Looks at everything that a run needs and changes nothing: the configuration with all its problems at once, the patterns, ' +
      'every path with what it finds there, rights, rotated generations, the spool, its folder, who holds it and the free disk.',
    "It reads the host's logrotate configuration and says what it will do to these files, and reckons from the growth of the files " +
      'how long an outage the spool and rotation can take.',
    'With --connect it also resolves the name of each server and connects to it, over TLS with a handshake and the days ' +
      'that its certificates have left. Nothing is sent.',
  ],
  options: {
    config: CONFIG_OPTION,
    connect: { kind: 'flag', meaning: 'Also reach for the servers.' },
    outage: { kind: 'value', value: 'TIME', meaning: `The longest outage that is to be survived. Default: ${OUTAGE}.` },
    logrotate: {
      kind: 'value',
      value: 'FILE',
      meaning: "The host's logrotate configuration. Default: /etc/logrotate.conf.",
    },
    values: { kind: 'flag', meaning: 'Also show every value that is at its default.' },
    json: { kind: 'flag', meaning: 'One JSON object with all findings, for machines.' },
  },
  words: 0,
  examples: [
    ['tailship check -c ./config.conf', 'Is this configuration right, and are the files there?'],
    ['tailship check --connect --json', 'The same with the servers, as JSON for a deployment script.'],
  ],
  exits: [
    [0, 'Nothing stands in the way of a run; there may be warnings.'],
    [1, 'An error outside the configuration: files, spool or server.'],
    [2, 'Wrong usage or configuration.'],
  ],
  next: "To see what your lines become: 'tailship try'. To run: 'tailship'.",
  async run(given, io) {
    const { check } = await import('../check.ts');
    const checked = await check({
      file: given.value('config'),
      connect: given.flag('connect'),
      outage: durationOf('outage', given.value('outage') ?? OUTAGE),
      logrotate: given.value('logrotate') ?? '/etc/logrotate.conf',
      env: io.env,
      cwd: io.cwd,
    });
    const { isTTY, columns } = io.stdout;
    const look = {
      wide: Math.min(Math.max(columns ?? NARROW, NARROW), WIDEST),
      colour: isTTY === true && (io.env.NO_COLOR ?? '') === '',
      all: given.flag('values'),
    };
    io.stdout.write(given.flag('json') ? `${JSON.stringify(checked)}\n` : renderChecked(checked, look));
    return checked.code;
  },
};

/** What a terminal shows: headings, findings under them, and the values that somebody set. */
function renderChecked({ findings, values, code }: Checked, { wide, colour, all }: Look): string {
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const number = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
  const verdict =
    code === EXIT.fine ? 'Nothing stands in the way of a run.' : 'Not ready to run: see the errors above.';
  const topics = [...new Set(findings.map(({ topic }) => topic))];
  const parts = topics.map((topic) => {
    const mine = findings.filter((finding) => finding.topic === topic);
    const rows = mine.map((finding) => renderFinding(finding, wide, colour));
    if (topic === 'Configuration') rows.push(...renderValues(values, all, wide));
    return `${topic}\n${rows.join('\n')}\n`;
  });
  const codes = [
    ...new Set(findings.flatMap(({ code: one }) => (one === undefined || one === 'config-wrong' ? [] : one))),
  ];
  const more = codes.length === 0 ? '' : ` More about each: tailship explain ${codes.length === 1 ? codes[0] : 'CODE'}`;
  const counts = `${number(count('error'), 'error')}, ${number(count('warning'), 'warning')}`;
  return `${parts.join('\n')}\n${wrap(`${counts}. ${verdict}${more}`, wide).join('\n')}\n`;
}

/** `wide`: columns of the terminal; `all`: also the values that nobody set. */
type Look = { readonly wide: number; readonly colour: boolean; readonly all: boolean };

const COLOURS = { ok: 32, warning: 33, error: 31 } as const;
const MARK = 11;

/** The level, then the sentences, with the cure on lines of its own. Where nothing is to be done the place is of no interest. */
function renderFinding({ level, code, what, where, cure }: Finding, wide: number, colour: boolean): string {
  const mark = `  ${level.padEnd(MARK - 2)}`;
  // What is wrong in the configuration is said in full where it stands.
  const named = code === undefined || code === 'config-wrong' ? '' : ` [${code}]`;
  const text = [
    ...wrap(`${where === undefined || level === 'ok' ? what : `${where}: ${what}`}${named}`, wide - MARK),
    ...(cure === undefined ? [] : wrap(`→ ${cure}`, wide - MARK)),
  ];
  const shown = colour ? `\x1b[${COLOURS[level]}m${mark}\x1b[0m` : mark;
  return shown + text.join(`\n${' '.repeat(MARK)}`);
}

/** `[syslog] target = tcp://…` with the line that it comes from. */
function renderValues(values: Checked['values'], all: boolean, wide: number): string[] {
  const shown = values.filter(({ from }) => all || from !== 'default');
  const rows = shown.map(({ section, key, value, from }) => {
    const [head = '', ...rest] = wrap(`${section} ${key} = ${value} (${from})`, wide - MARK - 4);
    return [head, ...rest.map((row) => `    ${row}`)].join(`\n${' '.repeat(MARK)}`);
  });
  const rest = values.length - shown.length;
  if (values.length === 0) return [];
  if (rest > 0)
    rows.push(`${rest} ${shown.length > 0 ? 'more ' : ''}keys are at their defaults; --values shows them all.`);
  return ['', ...rows.map((row) => `${' '.repeat(MARK)}${row}`)];
}
