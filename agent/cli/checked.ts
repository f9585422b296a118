/** The findings of `tailship check` as text. */
import type { Checked } from '../check.ts';
import type { Finding } from '../findings.ts';
import { wrap } from '../wire/wrap.ts';
import { EXIT } from './io.ts';

/** What a terminal shows: headings, findings under them, and the values that somebody set. */
export function renderChecked({ findings, values, code }: Checked, { wide, colour, all }: Look): string {
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
  const codes = [...new Set(findings.flatMap(({ code: one }) => one ?? []))];
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
  const named = code === undefined ? '' : ` [${code}]`;
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
