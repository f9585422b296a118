/**
 * Says how far a pattern got on a line that it does not match. Pure, and only for people: it compiles one expression per piece
 * of the pattern, so it has no place on the walk of a line.
 */

export type Mismatch = {
  /** What the longest beginning of the pattern matched. */
  readonly matched: string;
  /** Where the next piece should have matched, counted in characters from 1. */
  readonly column: number;
  /** That piece as it stands in the pattern; of a named group only its head, `(?<host>…)`. */
  readonly expected: string;
  /** The named group that the piece belongs to, as its head; undefined outside of one. */
  readonly inside: string | undefined;
  /** The named group just before that piece, and what it took; undefined where none stands there. */
  readonly after: { readonly group: string; readonly took: string } | undefined;
  /** What stands there instead: the rest of the line. */
  readonly found: string;
  /** True where the piece might stand anywhere from that column on, and stands nowhere. */
  readonly nowhere: boolean;
};

type Span = { readonly start: number; readonly end: number };
type Reach = Span & Pick<Mismatch, 'expected' | 'inside' | 'after' | 'nowhere'>;
type Search = { readonly flags: string; readonly text: string };

/** No more of a line is looked at, characters. */
const LONGEST = 4096;

/**
 * Tries `source` cut off at every border between its pieces, and inside the group at which it fails, and gives the longest
 * beginning that matches `line`. `flags` as the pattern is compiled with. Undefined when the whole matches.
 */
export function explainMismatch(source: string, flags: string, line: string): Mismatch | undefined {
  const search = { text: line.slice(0, LONGEST), flags: flags.replace(/[gy]/g, '') };
  if (spanOf(source, search)) return undefined;
  const { start, end, ...piece } = furthest('', source, search, undefined);
  const { text } = search;
  return {
    ...piece,
    matched: text.slice(start, end),
    column: [...text.slice(0, end)].length + 1,
    found: text.slice(end),
  };
}

/** `behind "2026" the pattern expects a blank at column 5 (in (?<time>…)), but there is "-11-23 10:00:00 status …"` */
export function mismatchInWords({ matched, column, expected, inside, after, found, nowhere }: Mismatch): string {
  if (nowhere && matched === '') return `nowhere in the line is there what the pattern begins with: ${expected}`;
  if (nowhere) return `behind ${quote(tail(matched))}, from column ${column} on, there is nowhere ${expected}`;
  const behind = after ? `${after.group} took ${quote(tail(after.took))}, then` : `behind ${quote(tail(matched))}`;
  const where = column === 1 ? 'at the start of the line' : behind;
  const wants = `the pattern expects ${expected}${column === 1 ? '' : ` at column ${column}`}`;
  const there = found === '' ? 'the line ends' : `there is ${quote(head(found))}`;
  return `${where} ${wants}${inside ? ` (in ${inside})` : ''}, but ${there}`;
}

/** The furthest that any alternative of `source` gets behind the already matching `before`. */
function furthest(before: string, source: string, search: Search, inside: string | undefined): Reach {
  let best: Reach | undefined;
  for (const pieces of alternatives(source)) {
    const reach = alongPieces(before, pieces, search, inside);
    if (!best || reach.end > best.end) best = reach;
  }
  return best!; // An expression has at least one alternative, if an empty one.
}

function alongPieces(before: string, pieces: readonly string[], search: Search, inside: string | undefined): Reach {
  let good = before;
  let span = spanOf(before, search) ?? { start: 0, end: 0 };
  // Where what was matched last may go on: behind `.*`, and before the first piece of a pattern without `^`.
  let open: Span | undefined = before === '' ? span : undefined;
  let after: Mismatch['after'];
  for (const piece of pieces) {
    const next = spanOf(good + piece, search);
    const group = headOf(piece);
    if (next) {
      const took = search.text.slice(Math.max(span.end, next.start), next.end);
      after = group && took !== '' ? { group, took } : undefined;
      open = ANYTHING.test(piece) ? span : undefined;
      good += piece;
      span = next;
      continue;
    }
    const here = { ...(open ?? span), expected: beginning(piece), inside, after, nowhere: open !== undefined };
    const within = required(piece);
    if (within === undefined) return here;
    const deeper = furthest(good, within, search, group ?? inside);
    return deeper.end > span.end ? deeper : here;
  }
  return { ...span, expected: 'something else', inside, after, nowhere: false };
}

const ANYTHING = /^\.[*+]\??$/;

/** Where `source` matches the text; undefined when it does not, or is no expression by itself. */
function spanOf(source: string, { flags, text }: Search): Span | undefined {
  try {
    const found = new RegExp(source, flags).exec(text);
    return found ? { start: found.index, end: found.index + found[0].length } : undefined;
  } catch {
    return undefined; // Cut off like this it is no expression: a reference to a group that is not there yet.
  }
}

/** The inside of a group that has to match at least once; undefined for all other pieces. */
function required(piece: string): string | undefined {
  const found = /^\((?:\?<[^=!>][^>]*>|\?:)?(?!\?)(.*)\)(?:\+\??|\{[1-9]\d*(?:,\d*)?\}\??)?$/s.exec(piece);
  return found?.[1];
}

/** `(?<host>…)` for a named group, undefined for other pieces. */
function headOf(piece: string): string | undefined {
  const name = /^\(\?<([^=!>][^>]*)>/.exec(piece)?.[1];
  return name === undefined ? undefined : `(?<${name}>…)`;
}

/** What a piece begins with: of a group without a name, what each of its alternatives begins with. */
function beginning(piece: string): string {
  const within = headOf(piece) === undefined ? required(piece) : undefined;
  if (within === undefined) return headOf(piece) ?? plain(piece);
  return alternatives(within)
    .map(([first]) => (first === undefined ? 'nothing' : beginning(first)))
    .join(' or ');
}

/** The piece as it stands in the pattern; letters that it wants as they stand are quoted. */
function plain(piece: string): string {
  if (piece === ' ') return 'a blank';
  if (!LITERAL.test(piece)) return head(piece);
  return quote(piece.replace(/\\(.)/gs, '$1'));
}

const LITERAL = /^(?:[^\\()[\].^$*+?{}|]|\\[^a-zA-Z0-9])+$/;

/**
 * Splits an expression at its top-level `|`, and each alternative into terms with their quantifiers. Letters that stand for
 * themselves stay together, so that half a word is never taken for a match.
 */
function alternatives(source: string): string[][] {
  const all: string[][] = [[]];
  for (let at = 0; at < source.length; ) {
    const pieces = all.at(-1)!;
    if (source[at] === '|') {
      all.push([]);
      at++;
      continue;
    }
    const end = quantifierEnd(source, termEnd(source, at));
    const piece = source.slice(at, end);
    if (LITERAL.test(piece) && LITERAL.test(pieces.at(-1) ?? '')) pieces[pieces.length - 1] += piece;
    else pieces.push(piece);
    at = end;
  }
  return all;
}

function termEnd(source: string, at: number): number {
  switch (source[at]) {
    case '\\':
      return (
        at +
        /^\\(?:k<[^>]*>|[pP]\{[^}]*\}|u\{[^}]*\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[1-9]\d*|.|$)/s.exec(
          source.slice(at),
        )![0].length
      );
    case '[':
      return classEnd(source, at);
    case '(':
      return groupEnd(source, at);
    default:
      return at + 1;
  }
}

function classEnd(source: string, at: number): number {
  let i = at + 1;
  while (i < source.length && source[i] !== ']') i += source[i] === '\\' ? 2 : 1;
  return Math.min(i + 1, source.length);
}

function groupEnd(source: string, at: number): number {
  let depth = 0;
  for (let i = at; i < source.length; ) {
    if (source[i] === '(') depth++;
    if (source[i] === ')' && --depth === 0) return i + 1;
    i = source[i] === '[' ? classEnd(source, i) : i + (source[i] === '\\' ? 2 : 1);
  }
  return source.length;
}

function quantifierEnd(source: string, at: number): number {
  return at + /^(?:(?:[*+?]|\{\d+(?:,\d*)?\})\??)?/.exec(source.slice(at))![0].length;
}

function quote(text: string): string {
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}

function head(text: string): string {
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}

function tail(text: string): string {
  return text.length > 24 ? `…${text.slice(-23)}` : text;
}
