/**
 * The names that rotation gives: which chain a name may belong to, and where in the chain it stands. Pure.
 */

/** One way to read a rotated name. */
export type Rotated = {
  /** The name of the live file. */
  readonly chain: string;
  readonly by: 'date' | 'number';
  /** Ascending: the greater, the newer. A date gives yyyymmdd and what follows it; a number gives its negative. */
  readonly order: readonly number[];
  /** The suffix of the compressor, such as `gz`; undefined when the file is plain. */
  readonly packed: string | undefined;
};

/** A year and a month that can be meant: else seconds since the epoch would be taken for a date, and be none. */
const MONTH = String.raw`(?:19[7-9]|2[01]\d)\d[-_.]?(?:0[1-9]|1[0-2])`;
const DATE = String.raw`(${MONTH}[-_.]?\d{2}|\d{2}-\d{2}-\d{4}|\d{9,11}|\d{6})((?:[-_.T:]?\d+)*)`;
const NAME_DATE = new RegExp(`^(.+?)[-._]${DATE}$`);
const STEM_DATE_EXT = new RegExp(String.raw`^(.+?)[-._]${DATE}(\.[^.\d][^.]*)$`);
const NAME_NUMBER = /^(.+)\.(\d{1,5})$/;
const STEM_NUMBER_EXT = /^(.+)\.(\d{1,5})(\.[^.\d][^.]*)$/;
const PACKED = /^(.+)\.(gz|zst|bz2|xz)$/;

/** A date's digits as one number, or undefined where they cannot be a date (or a time in seconds since the epoch). */
function dated(text: string): number | undefined {
  // log4j's MM-dd-yyyy; where the first number is no month, dd-MM-yyyy.
  const [, first, second, last] = /^(\d{2})-(\d{2})-(\d{4})$/.exec(text) ?? [];
  const turned = Number(first) > 12 ? `${second}${first}` : `${first}${second}`;
  const digits = last === undefined ? text.replace(/\D/g, '') : last + turned;
  const number = Number(digits);
  if (digits.length > 8) return number > 300_000_000 && number < 9_999_999_999 ? number : undefined;
  const year = Number(digits.slice(0, 4));
  const month = Number(digits.slice(4, 6));
  const day = digits.length === 8 ? Number(digits.slice(6, 8)) : 1;
  return year >= 1970 && year < 2200 && month >= 1 && month <= 12 && day >= 1 && day <= 31 ? number : undefined;
}

const groups = (text: string): number[] => (text.match(/\d+/g) ?? []).map(Number);

/**
 * All the chains that a file of this name could be a generation of, likeliest first: NAME-YYYYMMDD, NAME-DATE..., NAME.DATE,
 * NAME.N, STEM-DATE.EXT, STEM.N.EXT, each also compressed. Whether it is one depends on whether such a chain exists.
 */
export function chainOf(name: string): Rotated[] {
  const compressed = PACKED.exec(name);
  const packed = compressed?.[2];
  const plain = compressed?.[1] ?? name;
  const found: Rotated[] = [];
  const add = (chain: string, by: Rotated['by'], order: number[]): void => {
    if (!found.some((one) => one.chain === chain)) found.push({ chain, by, order, packed });
  };
  const dates: [RegExpExecArray | null, boolean][] = [
    [NAME_DATE.exec(plain), false],
    [STEM_DATE_EXT.exec(plain), true],
  ];
  for (const [match, extension] of dates) {
    const date = match ? dated(match[2]!) : undefined;
    if (!match || date === undefined) continue;
    const stem = match[1]!;
    const order = [date, ...groups(match[3]!)];
    // pm2 puts two underscores before its dates.
    for (const one of new Set([stem, stem.replace(/(?<=.)[-._]$/, '')]))
      add(one + (extension ? match[4] : ''), 'date', order);
  }
  const number = NAME_NUMBER.exec(plain);
  if (number) add(number[1]!, 'number', [-Number(number[2])]);
  const inner = STEM_NUMBER_EXT.exec(plain);
  if (inner) add(inner[1]! + inner[3]!, 'number', [-Number(inner[2])]);
  return found;
}

/** How `name` stands in the chain whose live file is called `live`; undefined where it is no generation of it. */
export const placeIn = (live: string, name: string): Rotated | undefined =>
  chainOf(name).find((one) => one.chain === live);

/** A rotated file by what tells its age; times in ms since the epoch, `birth` 0 where the file system gives none. */
type Aged = { readonly place: Rotated | undefined; readonly modified: number; readonly birth: number };

/**
 * Sorts rotated files, oldest first: by date or number, then by the time of change; by that time alone where one name carries a
 * date and the other a number.
 */
export function sortByAge<T extends Aged>(files: readonly T[]): T[] {
  const turn = isRising(files) ? -1 : 1;
  return [...files].sort((a, b) => compareAge(a, b, turn));
}

/**
 * Whether higher numbers are newer, as log4j's `fileIndex = max` has it. Births and changes must say so without exception, for a
 * late writer can make an old file the one that was changed last.
 */
function isRising(files: readonly Aged[]): boolean {
  const numbered = files
    .flatMap(({ place, modified, birth }) =>
      place?.by === 'number' ? [{ number: -place.order[0]!, packed: place.packed !== undefined, modified, birth }] : [],
    )
    .sort((a, b) => a.number - b.number);
  const rises = numbered.slice(1).every((one, at) => {
    const before = numbered[at]!;
    // An archive is born when it is packed, which may be after the birth of a younger file.
    if (one.packed && !before.packed) return false;
    return before.birth !== 0 && before.birth < one.birth && before.modified < one.modified;
  });
  return rises && numbered.length > 1;
}

/** Negative where `a` is older than `b`. `turn` is -1 where higher numbers are newer. */
function compareAge(a: Aged, b: Aged, turn: 1 | -1): number {
  if (a.place && b.place && a.place.by === b.place.by) {
    const length = Math.min(a.place.order.length, b.place.order.length);
    for (let i = 0; i < length; i += 1) {
      const difference = a.place.order[i]! - b.place.order[i]!;
      if (difference !== 0) return a.place.by === 'number' ? turn * difference : difference;
    }
  }
  return a.modified - b.modified;
}
