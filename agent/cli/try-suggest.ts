/** What `tailship try --suggest` says. */
import type { Rated, Suggestion } from '../suggest.ts';
import { printable } from '../wire/printable.ts';
import { wrap } from '../wire/wrap.ts';
import { clip } from './text.ts';

const WIDTH = 78;
/** A made pattern's name in the list; the pattern itself stands below. */
const MADE = '(made for it)';

export function renderSuggestion(suggestion: Suggestion): string {
  const { source, lines, rated, best } = suggestion;
  if (lines === 0) return `${source}: there are no lines in it.\n`;
  const rows = [
    `${source}: ${count(lines, 'line')} looked at`,
    '',
    ...rated.map((one) => row(one, one.pattern === best?.pattern)),
  ];
  if (best === undefined) return `${[...rows, ...nothing(rated)].join('\n')}\n`;
  return `${[...rows, '', ...proposal(suggestion, best), '', ...examples(suggestion)].join('\n')}\n`;
}

function row({ pattern, builtin, rate, finds }: Rated, best: boolean): string {
  const name = builtin ? pattern : MADE;
  const found = finds.join(' ');
  return clip(`${best ? '>' : ' '} ${percent(rate).padStart(7)}  ${name.padEnd(MADE.length)}  ${found}`, WIDTH);
}

function nothing(rated: readonly Rated[]): string[] {
  const some = rated.length === 0 ? 'No pattern matches these lines' : 'None of them matches nearly all lines';
  return [
    ...(rated.length === 0 ? [] : ['']),
    ...wrap(
      `${some}, and they have no beginning in common from which one could be made. They ship whole, with the time of reading: that is what 'unmatched = ship' does. A regex of your own can take them apart.`,
      WIDTH,
    ),
  ];
}

function proposal({ records, settings, lines }: Suggestion, best: Rated): string[] {
  const name = best.builtin ? `The built-in pattern ${best.pattern}` : 'A pattern made for these lines';
  const rest = lines - records;
  const joined =
    settings.length > 1 ? ` ${count(rest, 'line')} more ${rest === 1 ? 'goes' : 'go'} on with the record before.` : '';
  const sentence = `${name} matches ${number(best.matched)} of ${count(records, 'line')} that begin a record.${joined} Write into the configuration:`;
  // The settings are to be copied, so they are never broken.
  return [...wrap(sentence, WIDTH), '', '    [transform]', ...settings.map((setting) => `    ${printable(setting)}`)];
}

function examples({ examples }: Suggestion): string[] {
  return [
    'What it finds in the first lines:',
    ...examples.flatMap(({ text, groups }) => [
      '',
      `  ${clip(printable(text), WIDTH - 16)}`,
      ...Object.entries(groups).map(([name, value]) => `    ${name.padEnd(10)} ${clip(printable(value), WIDTH - 32)}`),
    ]),
  ];
}

/** Never 100 % where one line is missing. */
function percent(rate: number): string {
  return `${rate === 1 ? 100 : Math.floor(rate * 1000) / 10} %`;
}

function count(n: number, what: string): string {
  return `${number(n)} ${what}${n === 1 ? '' : 's'}`;
}

function number(n: number): string {
  return n.toLocaleString('en-US');
}
