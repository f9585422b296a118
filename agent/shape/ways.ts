/**
 * The ways on which lines are taken apart as bytes: a scanner, and where its groups go. The pattern's expression has one. For lines that name
 * their fields themselves ways are learnt, from a line now and then that could go on none.
 */
import type { RecordConfig } from '../types.ts';
import { isWanted } from './header.ts';
import { COMPACT } from './json.ts';
import type { Piece as Member } from './members.ts';
import type { Outline, OutlineMember } from './outline.ts';
import type { Pattern } from './pattern.ts';
import { type Piece, pieceOf } from './put.ts';
import type { Place, Scanner } from './scan-code.ts';
import { createScanner } from './scanner.ts';

export type Way = {
  readonly time: Place;
  /** The time of what is wrapped around the line. */
  readonly outerTime: Place;
  readonly host: Place;
  readonly owner: Place;
  readonly pid: Place;
  readonly level: Place;
  readonly pri: Place;
  /** The line itself. */
  readonly line: Place;
  readonly members: readonly Prepared[];
  /** Bytes of all that stands between the values; and how often each byte of the line may stand in the record, where groups stand in one another. */
  readonly names: number;
  readonly copies: number;
  /** True where nothing of the line needs an escape. */
  readonly verbatim: boolean;
};

/** A member as bytes: a value that is always the same stands with its key. */
type Prepared = Place & {
  /** What stands before the value of the first member, behind that of a string, and behind that of no string. */
  readonly first: Piece;
  readonly next: Piece;
  readonly later: Piece;
  /** Whether the line stands in where the group took no part; whether brackets are left out; whether it is there if it is empty. */
  readonly whole: boolean;
  readonly bare: boolean;
  readonly always: boolean;
  readonly json: boolean;
};

export type Ways = {
  /** The way of a line, valid UTF-8, whose places are good until the next call; undefined where it has none. */
  find(bytes: Buffer, from: number, to: number): Way | undefined;
};

/** So many are kept, those that are often gone before the others. */
const MOST = 8;
/** The first is learnt after so many lines without a way, each of the others after twice as many: a scanner costs as much as a thousand lines. */
const WORTH = 256;

/** After so many lines without a way it is seen whether a fourth as many had one. Else none is tried for some time: each costs something. */
const LOOK = 1024;
const REST = 8 * LOOK;

type Parts = { readonly pattern: Pattern; readonly record: RecordConfig; readonly pieces: readonly Member[] };
type Scanned = Way & {
  scan(bytes: Buffer, from: number, to: number): boolean;
  /** How often it was gone since the last one was learnt. */
  gone: number;
};

/** Undefined where there is none and none can be learnt. */
export function createWays({ pattern, record, pieces }: Parts): Ways | undefined {
  const { wrapping, first, learn } = pattern.outlines;
  const outer = wrapping && prepareOutline(wrapping);
  const ways: Scanned[] = [];
  let found = 0;
  let missed = 0;
  let resting = 0;
  let unlearnt = 0;
  let worth = WORTH;
  if (first) add(first);
  if (ways.length === 0 && !learn) return undefined;

  function add(outline: Outline): void {
    const inner = prepareOutline(outline);
    if (!inner) return;
    ways.length = Math.min(ways.length, MOST - 1);
    // What was gone often long ago must not stand before what is gone now.
    for (const way of ways) way.gone = 0;
    ways.push(wayOf(inner, outer, pieces, record));
  }

  function miss(bytes: Buffer, from: number, to: number): undefined {
    if (!learn) return;
    missed += 1;
    if (missed === LOOK) {
      resting = ways.length > 0 && found < LOOK / 4 ? REST : 0;
      found = missed = 0;
    }
    unlearnt += 1;
    if (unlearnt < worth) return;
    unlearnt = 0;
    const line = lineWithin(outer, bytes, from, to);
    const outline = line === undefined ? undefined : learn(line);
    if (!outline) return;
    add(outline);
    worth *= 2;
  }

  return {
    find(bytes, from, to) {
      if (resting > 0) {
        resting -= 1;
        return undefined;
      }
      for (let i = 0; i < ways.length; i += 1) {
        const way = ways[i]!;
        if (!way.scan(bytes, from, to)) continue;
        found += 1;
        way.gone += 1;
        if (i > 0 && way.gone > ways[i - 1]!.gone) [ways[i - 1], ways[i]] = [way, ways[i - 1]!];
        return way;
      }
      return miss(bytes, from, to);
    },
  };
}

/** The text of a line without what is wrapped around it. */
function lineWithin(outer: PreparedOutline | undefined, bytes: Buffer, from: number, to: number): string | undefined {
  if (!outer) return bytes.toString('utf8', from, to);
  if (!outer.scanner.scan(bytes, from, to)) return undefined;
  const { bounds, at } = outer.place('line');
  return bytes.toString('utf8', bounds[at], bounds[at + 1]);
}

type PreparedOutline = Outline & { readonly scanner: Scanner; place(group: string): Place };

function prepareOutline(outline: Outline): PreparedOutline | undefined {
  const { source, groups } = outline;
  const scanner = createScanner({ source, flags: 's' }, groups.values());
  // Of no group those of group 0 tell, which is nothing.
  return (
    scanner && {
      ...outline,
      scanner,
      place: (name) => ({ bounds: scanner.bounds, at: 2 * (groups.get(name)?.[0] ?? 0) }),
    }
  );
}

function wayOf(
  inner: PreparedOutline,
  outer: PreparedOutline | undefined,
  pieces: readonly Member[],
  record: RecordConfig,
): Scanned {
  const line = outer?.place('line') ?? { bounds: new Int32Array(2), at: 0 };
  const nothing: Place = { bounds: new Int32Array(2), at: 0 };
  const members = new Map(pieces.map((piece) => [piece.key, fromPiece(piece, inner)]));
  for (const outline of outer ? [inner, outer] : [inner])
    for (const member of outline.members)
      if (isWanted(record, member.key)) members.set(member.key, fromLine(member, outline));
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, member]) => member);
  const { scan } = inner.scanner;
  return {
    ...{ time: inner.place('time'), outerTime: outer?.place('time') ?? nothing, host: inner.place('host') },
    ...{
      owner: inner.place('owner'),
      pid: inner.place('pid'),
      level: inner.place('level'),
      pri: inner.place('pri'),
      line,
    },
    members: sorted,
    names: sorted.reduce((sum, { next }) => sum + next.length, 0),
    copies: 1 + (inner.apart ? 1 : sorted.filter(({ at, whole }) => at > 0 || whole).length),
    verbatim: inner.verbatim || outer?.verbatim === true,
    gone: 0,
    scan(bytes, from, to) {
      if (outer) {
        if (!outer.scanner.scan(bytes, from, to)) return false;
        return scan(bytes, line.bounds[line.at]!, line.bounds[line.at + 1]!);
      }
      line.bounds[0] = from;
      line.bounds[1] = to;
      return scan(bytes, from, to);
    },
  };
}

function fromPiece({ source, always, first, next }: Member, outline: PreparedOutline): Prepared {
  const text = 'text' in source ? COMPACT.escape(source.text) : '';
  return {
    ...outline.place('text' in source ? '' : source.group),
    ...{ first: pieceOf(first + text), next: pieceOf(next + text), later: pieceOf(next.slice(1) + text) },
    whole: 'otherwise' in source && source.otherwise === 'line',
    bare: 'bare' in source && source.bare,
    always: always || text !== '',
    json: false,
  };
}

function fromLine(member: OutlineMember, outline: PreparedOutline): Prepared {
  const text = 'text' in member ? member.text : '';
  const start = `"${COMPACT.escape(member.key)}":${member.json ? '' : '"'}${text}`;
  return {
    ...outline.place('group' in member ? member.group : ''),
    ...{ first: pieceOf(`{${start}`), next: pieceOf(`",${start}`), later: pieceOf(`,${start}`) },
    ...{ whole: false, bare: false, always: true, json: member.json },
  };
}
