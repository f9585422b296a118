/**
 * Which files that nobody knows are generations that came and were rotated unseen. Pure, apart from what a `Found` reads.
 */
import type { FileId, InputConfig } from '../types.ts';
import type { Found, Known } from './rotation-parts.ts';

/** File systems keep times of change as coarsely as this, in ms. */
const COARSE = 2000;

/** Tells which unknown rotated files are younger than what was seen last. */
export function missedAfter(
  known: readonly Known[],
  found: readonly Found[],
  matched: ReadonlyMap<FileId, Found>,
  start: InputConfig['start'],
): (one: Found, index: number) => boolean {
  // What a generation held that was empty at the last look may lie elsewhere by now, and older than what it holds.
  const last = known.at(-1);
  const anchor = last?.empty ? known.at(-2) : last;
  if (!last) return () => start === 'oldest';
  const place = anchor && matched.get(anchor.file);
  if (place) {
    // Where one name carries a date and the other a number, only times of change order them, and these must then be beyond doubt.
    const alike = (one: Found): boolean => place.live || one.place?.by === place.place?.by;
    return (one, index) => index > found.indexOf(place) && (alike(one) || one.modified >= last.firstSeen - COARSE);
  }
  const rotated = [...matched]
    .filter(([file, one]) => !one.live && !(last.empty && file === last.file))
    .map(([, one]) => one);
  const floor = Math.max(-1, ...rotated.map((one) => found.indexOf(one)));
  return (one, index) => index > floor && one.modified >= last.firstSeen - COARSE;
}

/**
 * Tells which unknown files stand where a generation is missing that was empty at the last look: nothing of it could be known again,
 * should it have been written to and then packed.
 */
export function gapsOf(
  known: readonly Known[],
  found: readonly Found[],
  matched: ReadonlyMap<FileId, Found>,
): (index: number) => boolean {
  const places = known.map((one) => found.indexOf(matched.get(one.file) as Found));
  const gaps = known.flatMap((one, at) => {
    if (!one.empty || places[at]! >= 0) return [];
    const from = places.slice(0, at).findLast((place) => place >= 0) ?? -1;
    const to = places.slice(at + 1).find((place) => place >= 0);
    // Before the first one lie those, too, that are older than what was seen of this chain first.
    return to === undefined ? [] : [{ from, to, since: from < 0 ? one.firstSeen : 0 }];
  });
  return (index) => gaps.some(({ from, to, since }) => index > from && index < to && found[index]!.modified >= since);
}

/**
 * Whether `one` is a copy that copytruncate has made of the live file, which is not truncated yet: it was born after that and holds
 * what that begins with. A file that was renamed was born before its successor.
 */
export function isUnfinished(one: Found, live: Found | undefined): boolean {
  if (!live || one.live || !one.size || live.size === undefined || live.size < one.size) return false;
  if (one.birth === 0 || live.birth === 0 || one.birth <= live.birth) return false;
  const head = one.head();
  const whole = live.head();
  if (!head || !whole || Buffer.compare(head, whole.subarray(0, head.length)) !== 0) return false;
  return one.clue(one.size) === live.clue(one.size);
}
