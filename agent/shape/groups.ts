/**
 * The text of a regular expression, taken apart as far as its groups go: Python's spelling of named groups becomes
 * JavaScript's, and for the hot path the names go altogether, because V8 makes an object of all named groups at every match.
 */

/** Escapes and classes are taken whole, so that a parenthesis in them is none. */
const TOKEN =
  /\\k<([^>]*)>|\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]?|\(\?P?<(?![=!])([^>]*)>|\(\?P=([^)]*)\)|\(\?|\(|\)|[^\\[()]+|\\/g;

type Token = {
  readonly text: string;
  readonly kind: 'named' | 'capture' | 'group' | 'close' | 'reference' | 'other';
  readonly name: string;
};

/** An expression without names: group `name` is one of the numbers `groups.get(name)`, whichever took part in the match. */
export type Numbered = { readonly source: string; readonly groups: ReadonlyMap<string, readonly number[]> };

/** Writes `(?P<x>…)` and `(?P=x)` the way JavaScript reads them; everything else stays. */
export function fromPython(source: string): string {
  const write = ({ text, kind, name }: Token) => {
    if (kind === 'named') return `(?<${name}>`;
    return text.startsWith('(?P=') ? `\\k<${name}>` : text;
  };
  return tokens(source).map(write).join('');
}

/**
 * Takes the names off an expression that compiles, and the capturing off groups that have none: the numbers of the named ones
 * come out beside it. Where the expression refers to groups by number, every group keeps capturing.
 */
export function numberGroups(source: string): Numbered {
  const all = tokens(source);
  const keep = all.some(({ text }) => /^\\[1-9]/.test(text));
  const groups = new Map<string, number[]>();
  let count = 0;
  for (const { kind, name } of all) {
    if (kind === 'named') groups.set(name, [...(groups.get(name) ?? []), ++count]);
    else if (kind === 'capture' && keep) count += 1;
  }
  const write = ({ text, kind, name }: Token) => {
    if (kind === 'named') return '(';
    if (kind === 'capture') return keep ? '(' : '(?:';
    // Of several groups of one name at most one takes part; a reference to the others matches nothing.
    const numbers = kind === 'reference' ? groups.get(name) : undefined;
    return numbers ? `(?:${numbers.map((number) => `\\${number}`).join('')})` : text;
  };
  return { source: all.map(write).join(''), groups };
}

/** Groups that are open at the end of `source`, and whether a class is: what must be closed to make an expression of it. */
export function openAt(source: string): { readonly groups: readonly number[]; readonly class: number | undefined } {
  const groups: number[] = [];
  let open: number | undefined;
  let at = 0;
  for (const { text, kind } of tokens(source)) {
    if (kind === 'close') groups.pop();
    else if (kind === 'named' || kind === 'capture' || kind === 'group') groups.push(at);
    else if (text.startsWith('[') && !/^\[(?:\\[\s\S]|[^\]\\])*\]$/.test(text)) open = at;
    at += text.length;
  }
  return { groups, class: open };
}

function tokens(source: string): Token[] {
  return Array.from(source.matchAll(TOKEN), (found): Token => {
    const text = found[0];
    if (found[2] !== undefined) return { text, kind: 'named', name: found[2] };
    const reference = found[1] ?? found[3];
    if (reference !== undefined) return { text, kind: 'reference', name: reference };
    const kind = text === '(' ? 'capture' : text === '(?' ? 'group' : text === ')' ? 'close' : 'other';
    return { text, kind, name: '' };
  });
}
