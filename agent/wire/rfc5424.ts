/** RFC 5424 messages: reading one, and the cleaning and escaping that writing one needs. */
import { readPri } from './priority.ts';
import { closingQuote } from './quoted.ts';

/** One SD-ELEMENT. A name may occur more than once (RFC 5424 section 6.3.3), so the parameters are a list. */
export type SdElement = { readonly id: string; readonly params: readonly SdParam[] };
export type SdParam = readonly [name: string, value: string];

/** A message taken apart. A field that was not given is `-`, as on the wire; `msg` is empty where there is none. */
export type Record5424 = {
  readonly pri: number;
  readonly timestamp: string;
  readonly hostname: string;
  readonly appName: string;
  readonly procid: string;
  readonly msgid: string;
  readonly sd: readonly SdElement[];
  readonly msg: string;
};

/**
 * Reads a whole message (RFC 5424 section 6). Gives undefined for anything that is not one; never throws.
 * Lengths are not checked: a sender that exceeds them is still understood.
 */
export function readRfc5424(text: string): Record5424 | undefined {
  const start = readPri(text);
  if (!start) return undefined;
  const header = /1 ([!-~]+) ([!-~]+) ([!-~]+) ([!-~]+) ([!-~]+) /y;
  header.lastIndex = start.end;
  const found = header.exec(text);
  if (!found) return undefined;
  const data = readSd(text, header.lastIndex);
  if (!data) return undefined;
  const behind = text[data.end];
  if (behind !== undefined && behind !== ' ') return undefined;
  const [, timestamp, hostname, appName, procid, msgid] = found as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const msg = text.slice(data.end + 1);
  return {
    pri: start.pri,
    timestamp,
    hostname,
    appName,
    procid,
    msgid,
    sd: data.elements,
    msg: msg.startsWith('\uFEFF') ? msg.slice(1) : msg,
  };
}

/**
 * Reads STRUCTURED-DATA that begins at `from`: `-` or one or more elements. Gives the elements and the index behind them,
 * undefined when it is malformed.
 */
export function readSd(
  text: string,
  from = 0,
): { readonly elements: readonly SdElement[]; readonly end: number } | undefined {
  if (text[from] === '-') return { elements: [], end: from + 1 };
  const elements: SdElement[] = [];
  const open = /\[([!#-<>-\\^-~]+)/y;
  let at = from;
  while (text[at] === '[') {
    open.lastIndex = at;
    const id = open.exec(text);
    if (!id) return undefined;
    const params: SdParam[] = [];
    at = readParams(text, open.lastIndex, params);
    if (text[at] !== ']') return undefined;
    at += 1;
    elements.push({ id: id[1]!, params });
  }
  return elements.length === 0 ? undefined : { elements, end: at };
}

/** Reads parameters into `params` as long as there are any. Gives the index behind the last one. */
function readParams(text: string, from: number, params: SdParam[]): number {
  const open = / +([!#-<>-\\^-~]+)="/y;
  let at = from;
  for (;;) {
    open.lastIndex = at;
    const name = open.exec(text);
    if (!name) return at;
    const end = closingQuote(text, open.lastIndex);
    if (end < 0) return at;
    const value = text.slice(open.lastIndex, end);
    // A bracket without a backslash may not stand in a value (RFC 5424 section 6.3.3).
    if (value.replace(/\\[\s\S]/g, '').includes(']')) return at;
    params.push([name[1]!, unescapeSdValue(value)]);
    at = end + 1;
  }
}

/**
 * Makes a header field of any text (RFC 5424 section 6.2): printable ASCII without blanks, every other character becomes `_`,
 * cut to `max` characters; nothing at all becomes `-`.
 */
export function headerField(text: string, max: number): string {
  if (text === '') return '-';
  if (/^[!-~]+$/.test(text)) return text.length <= max ? text : text.slice(0, max);
  // Cut behind the replacement: there a character is one unit, whatever it was before.
  return text.replace(/[^!-~]/gu, '_').slice(0, max);
}

/** Escapes `"`, `\` and `]` in the value of an SD-PARAM (RFC 5424 section 6.3.3). */
export function escapeSdValue(value: string): string {
  return value.replace(/["\\\]]/g, '\\$&');
}

/** Takes the escapes of an SD-PARAM's value away. A backslash before any other character stands for itself. */
export function unescapeSdValue(value: string): string {
  return value.includes('\\') ? value.replace(/\\(["\\\]])/g, '$1') : value;
}
