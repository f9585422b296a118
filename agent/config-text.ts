/**
 * The syntax of a configuration file, line by line, before `ini` sees it. `ini` knows no line numbers, reads `[a] ; comment`
 * as a key, halves backslashes and drops what it does not understand, so every line is taken apart here, what cannot be
 * read is reported, and the rest is written anew in the one form that `ini` reads without a change.
 */
import { isUtf8 } from 'node:buffer';
import type { ConfigCode } from './wire/codes.ts';

/** What is wrong, why and what to do about it. `line` counts from 1; undefined where no line of the file is to blame. */
export type Problem = { readonly line: number | undefined; readonly code: ConfigCode; readonly sentence: string };

/** A `[kind]` or `[kind.name]` line. */
export type Header = { readonly line: number; readonly kind: string; readonly name: string | undefined };

/**
 * A `key = value` or `key[] = value` line; `header` is undefined before the first section. Under a header that could not be
 * read it is one that is not among `headers`.
 */
export type Setting = {
  readonly line: number;
  readonly header: Header | undefined;
  readonly key: string;
  readonly list: boolean;
  readonly value: string;
  /** Whether a comment was taken off the value: where the value is wrong, it may have been a part of it. */
  readonly cut?: boolean | undefined;
};

/** A setting with its section's name. */
type Addressed = Pick<Header, 'kind' | 'name'> & Pick<Setting, 'key' | 'list' | 'value'>;

export type Written = {
  readonly headers: readonly Header[];
  readonly settings: readonly Setting[];
  readonly problems: readonly Problem[];
};

/** A sentence for the operator about one line. */
class LineProblem extends Error {
  readonly code: ConfigCode;

  constructor(sentence: string, code: ConfigCode = 'config-line') {
    super(sentence);
    this.code = code;
  }
}

const LF = 10;
const QUOTES = 'config-quotes';
/** Characters that look like a blank or like nothing at all, and are neither a blank nor a tab. */
const UNSEEN = /[\u0085\u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]/;
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;
/** White space is the blank and the tab, nothing else. */
const COMMENT_BEHIND_BLANK = /[ \t][;#]/;
const KEY_AND_REST = /^([^=:]*)[=:](.*)$/s;
const QUOTED_KEY_AND_REST = /^(?:'([^']*)'|"([^"]*)")[ \t]*[=:](.*)$/s;

/** Reads the bytes of a configuration file. Never throws: what is wrong is in `problems`, in the order of the lines. */
export function readWritten(bytes: Buffer): Written {
  const headers: Header[] = [];
  const settings: Setting[] = [];
  const problems: Problem[] = [];
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    const sentence = 'the file is written in UTF-16. Save it as UTF-8.';
    return { headers, settings, problems: [{ line: 1, code: 'config-line', sentence }] };
  }
  let header: Header | undefined;
  for (const [index, raw] of linesOf(bytes).entries()) {
    const line = index + 1;
    try {
      const read = readLine(textOf(raw), line, header);
      if (read === undefined) continue;
      if ('key' in read) {
        settings.push(read);
      } else {
        header = read;
        headers.push(read);
      }
    } catch (error) {
      if (!(error instanceof LineProblem)) throw error;
      problems.push({ line, code: error.code, sentence: error.message });
      if (raw.toString('latin1').trimStart().startsWith('[')) header = { line, kind: '', name: undefined };
    }
  }
  return { headers, settings, problems };
}

/** The settings as `ini` reads them back exactly: every name and value in double quotes, all but plain ASCII escaped. */
export function normalText(settings: readonly Addressed[]): string {
  const lines: string[] = [];
  let last = '';
  for (const { kind, name, key, list, value } of settings) {
    // A bare dot would make `[a.b]` the key `b` of `[a]`.
    const section = name === undefined ? kind : `${kind}.${name}`.replaceAll('.', '\\.');
    if (section !== last) lines.push(`[${section}]`);
    last = section;
    lines.push(`${quoted(list ? `${key}[]` : key)}=${quoted(value)}`);
  }
  return lines.join('\n');
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]|=/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The file's lines without their ends and without the byte order mark. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < bytes.length) {
    const found = bytes.indexOf(LF, at);
    const end = found < 0 ? bytes.length : found;
    lines.push(bytes.subarray(at, end));
    at = end + 1;
  }
  return lines;
}

function textOf(raw: Buffer): string {
  if (raw.includes(0)) throw new LineProblem('the line holds a NUL byte. Remove it; a configuration is plain text.');
  if (!isUtf8(raw)) throw new LineProblem('the line is not UTF-8. Save the file as UTF-8.');
  return raw.toString('utf8').replace(/\r$/, '');
}

/** One line: a header, a setting, or nothing (blank or comment). Throws LineProblem. */
function readLine(text: string, line: number, header: Header | undefined): Header | Setting | undefined {
  const bare = trim(text);
  if (bare === '' || bare.startsWith(';') || bare.startsWith('#')) return undefined;
  if (bare.startsWith('[')) return readHeader(bare, line);
  const { key, list, rest } = readKey(bare);
  const { value, cut } = readValue(rest);
  const control = controlIn(key + value);
  if (control !== undefined) throw new LineProblem(`the line holds the control character ${control}. Remove it.`);
  return { line, header, key, list, value, cut };
}

function readHeader(bare: string, line: number): Header {
  const match = /^\[([^\]]*)\](.*)$/s.exec(bare);
  if (!match) throw new LineProblem(`the section ${clip(bare)} is not closed. Write ] behind its name.`);
  const inside = trim(match[1] ?? '');
  const behind = trim(match[2] ?? '');
  if (behind !== '' && !behind.startsWith(';') && !behind.startsWith('#')) {
    throw new LineProblem(`'${clip(behind)}' behind [${clip(inside)}] cannot be read. Give it a line of its own.`);
  }
  const dot = inside.indexOf('.');
  return dot < 0
    ? { line, kind: inside, name: undefined }
    : { line, kind: trim(inside.slice(0, dot)), name: trim(inside.slice(dot + 1)) };
}

function readKey(bare: string): { key: string; list: boolean; rest: string } {
  const quotedKey = QUOTED_KEY_AND_REST.exec(bare);
  if (quotedKey) return { key: quotedKey[1] ?? quotedKey[2] ?? '', list: false, rest: quotedKey[3] ?? '' };
  const match = KEY_AND_REST.exec(bare);
  const written = trim(match?.[1] ?? '');
  if (!match || COMMENT_BEHIND_BLANK.test(written)) {
    throw new LineProblem(`'${clip(bare)}' cannot be read. A line is a [section], a ; comment or KEY = VALUE.`);
  }
  if (written === '') throw new LineProblem('there is no key before the =. Write KEY = VALUE.');
  refuseUnseen(written, 'key');
  if (/[;#'"]/.test(written)) {
    throw new LineProblem(
      `the key ${clip(written)} holds ; # or a quote. Put it in single quotes, or correct it.`,
      QUOTES,
    );
  }
  const list = written.endsWith('[]');
  return { key: list ? trim(written.slice(0, -2)) : written, list, rest: match[2] ?? '' };
}

function readValue(rest: string): { value: string; cut: boolean } {
  const bare = trim(rest);
  const quote = bare[0];
  if (quote === "'" || quote === '"') return { value: readQuoted(bare, quote), cut: false };
  const comment = rest.search(COMMENT_BEHIND_BLANK);
  const value = trim(comment < 0 ? rest : rest.slice(0, comment));
  const sign = /[;#]/.exec(value)?.[0];
  if (sign) {
    throw new LineProblem(
      `a bare ${sign} in a value is ambiguous. Put the whole value in single quotes, or a blank before a comment.`,
      QUOTES,
    );
  }
  if (comment >= 0) {
    for (const mark of ["'", '"']) {
      if (value.split(mark).length % 2 === 0 && rest.includes(mark, comment)) {
        throw new LineProblem(
          `a ${mark} stands on both sides of a comment sign. Put the whole value in quotes of the other kind.`,
          QUOTES,
        );
      }
    }
  }
  refuseUnseen(value, 'value');
  return { value, cut: comment >= 0 };
}

/**
 * A quoted value is literal. It ends at the first quote behind which nothing or a comment stands, so that a regex may hold
 * its own kind of quote in the middle.
 */
function readQuoted(bare: string, quote: string): string {
  for (let at = bare.indexOf(quote, 1); at > 0; at = bare.indexOf(quote, at + 1)) {
    const behind = bare.slice(at + 1);
    if (/^[ \t]*$|^[ \t]+[;#]/.test(behind)) return bare.slice(1, at);
    if (/^[;#]/.test(behind)) {
      throw new LineProblem(
        `${behind[0]} stands right behind a ${quote}. Put a blank before a comment, or use the other kind of quotes.`,
        QUOTES,
      );
    }
    if (behind.replace(/^[ \t,]+/, '').startsWith(quote)) {
      throw new LineProblem(
        `this may be one value or two, because one ${quote} follows another. Put the whole value in quotes of the other kind.`,
        QUOTES,
      );
    }
  }
  const closed = bare.indexOf(quote, 1);
  throw new LineProblem(
    closed < 0
      ? `the value opens with ${quote} and is not closed. Write ${quote} at its end.`
      : `'${clip(trim(bare.slice(bare.lastIndexOf(quote) + 1)))}' behind the closing ${quote} cannot be read. Remove it, or put ; before a comment.`,
    QUOTES,
  );
}

/** The first control character other than the tab, as `U+0007`. */
export function controlIn(text: string): string | undefined {
  const control = CONTROL.exec(text);
  return control ? codePoint(control[0]) : undefined;
}

function refuseUnseen(text: string, what: string): void {
  const unseen = UNSEEN.exec(text);
  if (!unseen) return;
  throw new LineProblem(
    `the ${what} holds ${codePoint(unseen[0])}, which looks like a blank or nothing and is neither. Replace it, or put the ${what} in single quotes.`,
  );
}

function trim(text: string): string {
  return text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');
}

/** A piece of what the operator wrote, safe to print: short, and without control characters that a terminal would obey. */
export function clip(text: string): string {
  const plain = text.replaceAll(new RegExp(CONTROL, 'g'), '?');
  return plain.length > 60 ? `${plain.slice(0, 60)}...` : plain;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
