/**
 * Templates in rsyslog's way: text with `%property%` in it, or `%property:from:to:options%` (rsyslog's "property replacer").
 * `%%` is a percent sign.
 */
import type { Template, TemplateOption, TemplateProperty } from '../types.ts';

/** The value of a property; undefined where the record has none, which is nothing in a text. */
type Values = (name: string) => string | undefined;

const OPTIONS: readonly TemplateOption[] = ['uppercase', 'lowercase', 'json', 'csv', 'date-rfc3164'];
const CONTROLS = /[\x00-\x1f\x7f]/g;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** Reads a template. Throws an Error whose sentence says what cannot be read, and the cure. */
export function readTemplate(text: string): Template {
  const pieces: (string | TemplateProperty)[] = [];
  if (CONTROLS.test(text)) throw new Error('a template holds no control characters. Leave them out');
  for (const [i, part] of text.split('%').entries()) {
    const last = pieces.at(-1);
    if (i % 2 === 0) pieces.push(part);
    else if (part !== '') pieces.push(readProperty(part, text));
    else if (typeof last === 'string') pieces[pieces.length - 1] = `${last}%`;
  }
  if (text.split('%').length % 2 === 0) {
    throw new Error(`'${text}' has a % that is not closed. Write %property%, or %% for a percent sign`);
  }
  return joined(pieces);
}

/** Neighbouring texts as one; none that are empty. */
function joined(pieces: readonly (string | TemplateProperty)[]): Template {
  const result: (string | TemplateProperty)[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') result[result.length - 1] = last + piece;
    else if (piece !== '') result.push(piece);
  }
  return result;
}

function readProperty(text: string, whole: string): TemplateProperty {
  const [name = '', from = '', to = '', words = '', ...more] = text.split(':');
  if (name === '' || /\s/.test(name) || more.length > 0) {
    throw new Error(
      `'%${text}%' in '${whole}' is no property. Write %name% or %name:from:to:options%, or %% for a percent sign`,
    );
  }
  if (!/^[1-9]\d*$|^$/.test(from) || !/^[1-9]\d*$|^\$?$/.test(to)) {
    throw new Error(
      `'%${text}%' takes characters from ${from || '1'} to ${to || '$'}: places count from 1, and $ is the end`,
    );
  }
  const options = words
    .split(',')
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase());
  const unknown = options.find((word) => !isOption(word));
  if (unknown !== undefined) {
    throw new Error(`'${unknown}' in '%${text}%' is no option that is known here. There are ${OPTIONS.join(', ')}`);
  }
  return {
    name: name.toLowerCase(),
    from: from === '' ? 0 : Number(from) - 1,
    to: to === '' || to === '$' ? Number.POSITIVE_INFINITY : Number(to),
    options: options.filter(isOption),
  };
}

function isOption(word: string): word is TemplateOption {
  return (OPTIONS as readonly string[]).includes(word);
}

/** The text of a template. Control characters become `#` and three octal digits, as rsyslog writes them. */
export function render(template: Template, values: Values): string {
  let text = '';
  for (const piece of template) {
    if (typeof piece === 'string') text += piece;
    else text += applied(piece, values(piece.name) ?? '');
  }
  return text;
}

/** What becomes of a property's value. */
function applied({ from, to, options }: TemplateProperty, value: string): string {
  let text = options.includes('date-rfc3164') ? asRfc3164(value) : value;
  if (from > 0 || to !== Number.POSITIVE_INFINITY) text = [...text].slice(from, to).join('');
  for (const option of options) text = LETTERS[option]?.(text) ?? text;
  return text.replace(CONTROLS, octal);
}

/** Options that change single characters; the others choose what they change. */
const LETTERS: Readonly<Partial<Record<TemplateOption, (text: string) => string>>> = {
  uppercase: (text) => text.toUpperCase(),
  lowercase: (text) => text.toLowerCase(),
  json: (text) => JSON.stringify(text).slice(1, -1),
  csv: (text) => `"${text.replaceAll('"', '""')}"`,
};

/** True where all that the template itself says is ASCII. */
export function isAscii(template: Template): boolean {
  return template.every((piece) => typeof piece !== 'string' || /^[ -~]*$/.test(piece));
}

/** True where it says something of the file that is no part of its lines. */
export function namesFile(template: Template): boolean {
  return template.some((piece) => typeof piece !== 'string' && (piece.name === 'file' || piece.name === 'input'));
}

/** True where it makes no difference whether a value is seen as text or as bytes of UTF-8. */
export function isBytewise(template: Template): boolean {
  return template.every(
    (piece) =>
      typeof piece === 'string' ||
      (piece.from === 0 &&
        piece.to === Number.POSITIVE_INFINITY &&
        !piece.options.some((option) => /case$/.test(option))),
  );
}

function octal(control: string): string {
  return `#${control.charCodeAt(0).toString(8).padStart(3, '0')}`;
}

/** `2026-11-23T10:00:01.5Z` as `Nov 23 10:00:01`, in the zone in which it is written; anything else stays. */
function asRfc3164(text: string): string {
  const [, month, day, time] = /^\d{4}-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)/.exec(text) ?? [];
  return month === undefined ? text : `${MONTHS[Number(month) - 1]} ${String(Number(day)).padStart(2)} ${time}`;
}
