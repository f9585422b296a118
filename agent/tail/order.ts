/**
 * How the generations of a chain stand in line. Pure.
 */
import path from 'node:path';
import type { Gen } from './generation.ts';
import { placeIn, sortByAge } from './names.ts';
import type { Sighting } from './rotation-parts.ts';

/** Generations that are gone are remembered up to this number, to know a file again that is brought back. */
export const REMEMBERED = 64;

/** Generations as the registry has them, in the order in which they were found; those whose last names bear dates stand in that order. */
export function asDated(gens: readonly Gen[]): Gen[] {
  const dated = gens.flatMap((gen) => {
    const place = placeIn(path.basename(gen.row.chain), path.basename(gen.path));
    return place?.by === 'date' ? [{ gen, place, modified: 0, birth: 0 }] : [];
  });
  const queue = sortByAge(dated).map((one) => one.gen);
  const places = new Set(queue);
  return gens.map((gen) => (places.has(gen) ? queue.shift()! : gen));
}

/** All generations but the live one, those that were found in the order that their names tell. */
export function inOrder(gens: readonly Gen[], sightings: readonly Sighting[], now: Gen | undefined): Gen[] {
  const order = gens.filter((gen) => gen !== now);
  if (order.length < 2) return order;
  const told = sightings.filter((one) => one.file !== undefined && one.found.place !== undefined);
  if (new Set(told.map((one) => one.found.place?.by)).size > 1) return order;
  const found = told.flatMap((one) => order.filter((gen) => gen.file === one.file));
  const queue = [...found];
  return order.map((gen) => (found.includes(gen) ? queue.shift()! : gen));
}

/**
 * Where a generation that was missed belongs: behind the one that had its inode, else before the first one that is younger. A file
 * that was empty when it was last looked at and that no name leads to now (one of `nameless`) is younger than what was copied from it.
 */
export function placeOf(
  sighting: Sighting,
  younger: readonly Sighting[],
  order: readonly Gen[],
  nameless: ReadonlySet<Gen>,
): number {
  const before = order.findIndex((one) => one.file === sighting.behind);
  if (before >= 0) return before + 1;
  const next = order.findIndex((one) => younger.some((other) => other.file === one.file));
  if (next >= 0) return next;
  let at = order.length;
  const later = (gen: Gen | undefined): boolean =>
    gen !== undefined && nameless.has(gen) && gen.modified >= sighting.found.modified;
  while (later(order[at - 1])) at -= 1;
  return at;
}

/** Without the oldest of those that are gone and that nobody reads any more. */
export function forget(all: readonly Gen[]): Gen[] {
  let spare = all.filter((gen) => gen.place === 'gone' && gen.readers.length === 0).length - REMEMBERED;
  const kept = all.filter((gen) => !(gen.place === 'gone' && gen.readers.length === 0 && spare-- > 0));
  // A copy is as long as it has to be, where `filter` leaves room for sixteen more.
  return kept.slice();
}
