import type { TryEvent, TrySummary } from '../try.ts';
import type { Tried } from '../try-lines.ts';
import { printable } from '../wire/printable.ts';
import { wrap } from '../wire/wrap.ts';
import { CONFIG_OPTION, type Command, UsageProblem } from './command.ts';
import { EXIT } from './io.ts';
import { clip } from './text.ts';
import { renderSuggestion } from './try-suggest.ts';

/** So many lines are shown when nothing else is asked for. */
const SHOWN = 20;
/** More of a line or a message is not shown, characters. */
const LONGEST = 1_000;
/** And of a field. */
const MOST = 60;

export const tryCommand: Command = {
  name: 'try',
  usage: 'try [-c FILE] [FILE|-] [--suggest|--explain] [--json]',
  summary: 'Show what lines become, without sending anything.',
  about: [
    'Takes lines through the configured pattern and prints the records that would be sent: PRI in words and what decided it, ' +
      'the time as understood, the fields, size, parts. Where a line is not matched it says how far the pattern got and what ' +
      'may help. At the end: how many lines matched.',
    'With --suggest it tries all built-in patterns instead, makes one of its own where none suits, and says what to write into ' +
      'the configuration.',
    'FILE may be any log file, .gz as well; - reads standard input. Without FILE it takes the first file that the ' +
      'configuration names. No position is kept and nothing is sent or changed.',
  ],
  options: {
    config: CONFIG_OPTION,
    lines: {
      kind: 'value',
      value: 'N',
      meaning: `Show the first N lines one by one; ${SHOWN} if not given. All are counted.`,
    },
    input: { kind: 'value', value: 'NAME', meaning: 'Use the settings of this input, where there are several.' },
    suggest: { kind: 'flag', meaning: 'Look for the pattern that suits the file.' },
    explain: {
      kind: 'flag',
      meaning: `Show only lines that are not matched, the first ${SHOWN} of the file, each with the place that the pattern got to.`,
    },
    json: {
      kind: 'flag',
      meaning: 'One JSON object a line, for machines: every line unless --lines says less, then the summary.',
    },
  },
  words: 1,
  examples: [
    ['tailship try /var/log/syslog', 'What would these lines become?'],
    ['tailship try --suggest app.log', 'Which pattern suits this file?'],
    ["echo 'Nov 23 10:00:00 web1 app[12]: [WARN] disk full' | tailship try -", 'What becomes of this line?'],
    [
      'tailship try app.log --json | jq -r \'select(.outcome == "unmatched") | .text\'',
      'All lines that the pattern does not match.',
    ],
  ],
  exits: [
    [0, 'The lines were read, matched or not.'],
    [1, 'There is no file to read.'],
    [2, 'Wrong usage or configuration.'],
  ],
  next: "The pattern is [transform] pattern in the configuration. When the lines are right: 'tailship check --connect', then 'tailship'.",
  async run(given, io) {
    const json = given.flag('json');
    const explain = given.flag('explain');
    const all = json || (explain && given.value('lines') === undefined);
    const lines = readCount(given.value('lines')) ?? (all ? Number.POSITIVE_INFINITY : SHOWN);
    const { tryLines } = await import('../try.ts');
    const [source] = given.words;
    const { env, cwd, stdin, stop } = io;
    const parts = { file: given.value('config'), source, input: given.value('input'), lines, stdin, env, cwd, stop };
    if (given.flag('suggest')) {
      const { suggestFor } = await import('../suggest.ts');
      const suggestion = await suggestFor(parts);
      io.stdout.write(json ? `${JSON.stringify(suggestion)}\n` : renderSuggestion(suggestion));
      return EXIT.fine;
    }
    const render = createRenderer(explain);
    for await (const event of tryLines(parts)) io.stdout.write(json ? `${JSON.stringify(event)}\n` : render(event));
    return EXIT.fine;
  },
};

function readCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new UsageProblem(`--lines takes a whole number, and '${text}' is none.`);
  return Number(text);
}

/** What was said before: a reason and a hint are given in full once. */
type Said = {
  readonly hints: Set<string | undefined>;
  readonly reasons: Map<string, number>;
  /** Each reason is wanted in full. */
  readonly explain: boolean;
};

/** Text for people. */
function createRenderer(explain: boolean): (event: TryEvent) => string {
  const said: Said = { hints: new Set(), reasons: new Map(), explain };
  let told = 0;
  return (event) => {
    if (event.what === 'line') {
      if (!explain) return renderLine(event, said);
      // In full, but not without end.
      return event.outcome === 'unmatched' && ++told <= SHOWN ? renderLine(event, said) : '';
    }
    if (event.what === 'summary') return renderSummary(event, said);
    const { source, input, pattern, format } = event;
    return `${source}, as input ${input}: pattern ${shown(pattern)}, format ${format}\n\n`;
  };
}

function renderLine(tried: Tried, said: Said): string {
  const { line, text, messages, notes } = tried;
  const begin = `${line}: `;
  const rows = [
    `${begin}${shown(text)}`,
    ...caret(begin, tried, said),
    ...paragraph(verdictOf(tried)),
    ...reasonOf(tried, said),
    ...notes.flatMap(paragraph),
    ...messages.map(({ message }) => `   ${shown(message)}`),
    ...detailsOf(tried),
  ];
  return `${rows.join('\n')}\n\n`;
}

function verdictOf({ outcome, fate, messages }: Tried): string {
  if (outcome === 'empty') return 'empty, not shipped';
  if (fate === 'not selected')
    return `${outcome === 'matched' ? 'matched' : 'NOT MATCHED'}, not selected by [syslog] select`;
  const [first] = messages;
  const bytes = messages.map((message) => number(message.bytes)).join(' + ');
  const record = first ? ` ${outcome === 'matched' ? '' : 'as '}${first.priority}, ${bytes} bytes` : '';
  return outcome === 'matched' ? `matched:${record || ' see the record above'}` : `NOT MATCHED, ${fate}${record}`;
}

/** How far the pattern got, and what may help. */
function reasonOf({ line, why, hint }: Tried, said: Said): string[] {
  const rows: string[] = [];
  if (why !== undefined) {
    const [reason = ''] = why.split(', but ');
    const before = said.explain ? undefined : said.reasons.get(reason);
    rows.push(...paragraph(before === undefined ? `why: ${why}` : `why: as in line ${before}`));
    if (before === undefined) said.reasons.set(reason, line);
  }
  if (hint !== undefined && !said.hints.has(hint.setting)) {
    said.hints.add(hint.setting);
    rows.push(...paragraph(`try: ${hint.sentence}`));
    // The setting is to be copied, so it is never broken.
    if (hint.setting !== undefined) rows.push('        [transform]', `        ${printable(hint.setting)}`);
  }
  return rows;
}

/** The place that the pattern got to, under the line. */
function caret(begin: string, { text, column }: Tried, { explain }: Said): string[] {
  if (!explain || column === undefined || column > LONGEST) return [];
  const before = printable(text.slice(0, column - 1));
  return [`${' '.repeat(begin.length + before.length)}^`];
}

/** What decided the PRI, the time as understood, and the fields. */
function detailsOf({ decided, time, groups }: Tried): string[] {
  if (!decided) return [];
  const { facilityBy, severityBy } = decided;
  const by =
    facilityBy === severityBy ? `both by ${facilityBy}` : `facility by ${facilityBy}, severity by ${severityBy}`;
  const fields = Object.entries(groups).filter(([name]) => name !== 'msg' && name !== 'time');
  return [
    ...paragraph(`PRI: ${by}`),
    ...(time === undefined ? [] : paragraph(`time: ${time ?? 'cannot be read'} from ${JSON.stringify(groups.time)}`)),
    ...(fields.length === 0 ? [] : paragraph(fields.map(([name, value]) => `${name}=${clip(value, MOST)}`).join('  '))),
  ];
}

/** Three blanks, and five more from the second line on. */
function paragraph(sentence: string): string[] {
  return wrap(printable(sentence), 72).map((row, i) => (i === 0 ? `   ${row}` : `        ${row}`));
}

function renderSummary(summary: TrySummary, said: Said): string {
  const { lines, matched, unmatched, empty, policy, messages, largest, priorities, examples } = summary;
  if (lines === 0) return 'There are no lines in it.\n';
  const full = lines - empty;
  const rate = full === 0 ? 100 : (100 * matched) / full;
  const fate = { ship: 'ship whole', drop: 'are dropped', join: 'join the record before' }[policy];
  const counts = priorities.map((one) => `${number(one.messages)} ${one.priority}`).join(', ');
  const rows = [
    `${count(lines, 'line')}: ${number(matched)} matched (${percent(rate)}), ${number(unmatched)} not matched${unmatched > 0 ? ` (they ${fate})` : ''}, ${number(empty)} empty.`,
    `${lines === 1 ? 'It becomes' : 'They become'} ${count(messages, 'message')}${messages > 0 ? `, the largest ${number(largest)} bytes: ${counts}` : ''}.`,
    ...countNotes(summary),
  ];
  if (examples.length > 0) rows.push('', 'The first lines further on that are not matched:');
  const more = examples.map((tried) => renderLine(tried, said).trimEnd());
  return `${[...rows, ...more].join('\n')}\n`;
}

function countNotes({ invalidUtf8, unreadableTimes, cut }: TrySummary): string[] {
  const notes: string[] = [];
  if (invalidUtf8 > 0) notes.push(`Lines with bytes that are not UTF-8: ${number(invalidUtf8)}.`);
  if (unreadableTimes > 0)
    notes.push(`Times that cannot be read, for which the time of reading stands in: ${number(unreadableTimes)}.`);
  if (cut > 0) notes.push(`Records that are cut: ${number(cut)}.`);
  return notes;
}

/** Never 100 % where one line is missing. */
function percent(rate: number): string {
  return `${rate === 100 ? 100 : Math.floor(rate * 10) / 10} %`;
}

function number(n: number): string {
  return n.toLocaleString('en-US');
}

function count(n: number, what: string): string {
  return `${number(n)} ${what}${n === 1 ? '' : 's'}`;
}

function shown(text: string): string {
  return clip(printable(text), LONGEST);
}
