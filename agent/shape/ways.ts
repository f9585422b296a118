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
import type { Scanner } from './scan-code.ts';
import { createScanner } from './scanner.ts';

export type Way = {
  /** Where the groups are told of: each at a place of its own and at the one behind it. */
  readonly bounds: Int32Array;
  readonly time: number;
  /** The time of what is wrapped around the line. */
  readonly outerTime: number;
  readonly host: number;
  readonly owner: number;
  readonly pid: number;
  readonly level: number;
  readonly pri: number;
  /** The line itself. */
  readonly line: number;
  readonly members: readonly Prepared[];
  /** Bytes of all that stands between the values; and how often each byte of the line may stand in the record, where groups stand in one another. */
  readonly names: number;
  readonly copies: number;
  /** True where nothing of the line needs an escape. */
  readonly verbatim: boolean;
};

/** A member as bytes: a value that is always the same stands with its key. */
type Prepared = {
  readonly place: number;
  /** What stands before the value: of the first member, and of others. */
  readonly first: Piece;
  readonly next: Piece;
  /** Whether the line stands in where the group took no part; whether brackets are left out; whether it is there if it is empty. */
  readonly whole: boolean;
  readonly bare: boolean;
  readonly always: boolean;
  readonly quoted: boolean;
};

export type Ways = {
  /** The way of a line, valid UTF-8, whose bounds are good until the next call; undefined where it has none. */
  find(bytes: Buffer, from: number, to: number): Way | undefined;
};

/** So many are kept, those that are often gone before the others. */
const MOST = 8;
/** The first is learnt after so many lines without a way, each of the others after twice as many: a scanner costs as much as a thousand lines. */
const WORTH = 256;

/** After so many lines without a way it is seen whether a fourth as many had one. Else none is tried for some time: each costs something. */
const LOOK = 1024;
const REST = 8 * LOOK;

/** Numbers for the line, where nothing is wrapped around it. */
const LINE = 2;

type Parts = { readonly pattern: Pattern; readonly record: RecordConfig; readonly pieces: readonly Member[] };
type Scanned = Way & {
  /** As that of a scanner. */
  readonly scan: Scanner['scan'];
  /** How often it was gone since the last one was learnt. */
  gone: number;
};

/** Undefined where there is none and none can be learnt. */
export function createWays({ pattern, record, pieces }: Parts): Ways | undefined {
  const { wrapping, first, learn } = pattern.outlines;
  const outer = wrapping && prepareOutline(wrapping, 0);
  const ways: Scanned[] = [];
  let found = 0;
  let missed = 0;
  let resting = 0;
  let unlearnt = 0;
  let worth = WORTH;
  if (first) add(first);
  if (ways.length === 0 && !learn) return undefined;

  function add(outline: Outline): void {
    const inner = prepareOutline(outline, outer?.scanner.bounds.length ?? LINE);
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
        if (!outer) {
          way.bounds[way.line] = from;
          way.bounds[way.line + 1] = to;
        }
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
  const { bounds } = outer.scanner;
  const at = outer.place('line');
  return bytes.toString('utf8', bounds[at], bounds[at + 1]);
}

type PreparedOutline = Outline & { readonly scanner: Scanner; place(group: string): number };

/** `more`: numbers behind those of its own groups. */
function prepareOutline(outline: Outline, more: number): PreparedOutline | undefined {
  const { source, groups } = outline;
  const scanner = createScanner({ source, flags: 's' }, groups.values(), more);
  // Of no group those of group 0 tell, which is nothing.
  return scanner && { ...outline, scanner, place: (name) => 2 * (groups.get(name)?.[0] ?? 0) };
}

/** Behind the groups of the line stand those of what is wrapped around it, or the line. */
function wayOf(
  inner: PreparedOutline,
  outer: PreparedOutline | undefined,
  pieces: readonly Member[],
  record: RecordConfig,
): Scanned {
  const { scan, bounds } = inner.scanner;
  const around = outer?.scanner.bounds ?? new Int32Array(LINE);
  const behind = bounds.length - around.length;
  const [line, outerTime] = outer ? [behind + outer.place('line'), behind + outer.place('time')] : [behind, 0];
  const members = new Map(pieces.map((piece) => [piece.key, fromPiece(piece, inner.place)]));
  const add = (outline: Outline, place: (group: string) => number) => {
    for (const member of outline.members)
      if (isWanted(record, member.key)) members.set(member.key, fromLine(member, place));
  };
  add(inner, inner.place);
  if (outer) add(outer, (group) => behind + outer.place(group));
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, member]) => member);
  return {
    ...{ bounds, line, outerTime, time: inner.place('time'), host: inner.place('host'), owner: inner.place('owner') },
    ...{ pid: inner.place('pid'), level: inner.place('level'), pri: inner.place('pri') },
    members: sorted,
    names: sorted.reduce((sum, { next }) => sum + next.length + 1, 0),
    copies: 1 + (inner.apart ? 1 : sorted.filter(({ place, whole }) => place > 0 || whole).length),
    verbatim: inner.verbatim || outer?.verbatim === true,
    gone: 0,
    scan: outer
      ? (bytes, from, to) => {
          if (!outer.scanner.scan(bytes, from, to)) return false;
          for (let i = 0; i < around.length; i += 1) bounds[behind + i] = around[i]!;
          return scan(bytes, bounds[line]!, bounds[line + 1]!);
        }
      : scan,
  };
}

function fromPiece({ source, always, first, next }: Member, placeOf: (group: string) => number): Prepared {
  const text = 'text' in source ? COMPACT.escape(source.text) : '';
  return {
    place: 'text' in source ? 0 : placeOf(source.group),
    // A quote that ends the value before is not left to this one.
    ...{ first: pieceOf(first + text), next: pieceOf(next.slice(1) + text) },
    whole: 'otherwise' in source && source.otherwise === 'line',
    bare: 'bare' in source && source.bare,
    always: always || text !== '',
    quoted: true,
  };
}

function fromLine(member: OutlineMember, placeOf: (group: string) => number): Prepared {
  const text = 'text' in member ? member.text : '';
  const start = `"${COMPACT.escape(member.key)}":${member.json ? '' : '"'}${text}`;
  return {
    place: 'group' in member ? placeOf(member.group) : 0,
    ...{ first: pieceOf(`{${start}`), next: pieceOf(`,${start}`) },
    ...{ whole: false, bare: false, always: true, quoted: !member.json },
  };
}
