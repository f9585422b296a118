/** What becomes of the files of an input when a walk leaves, or all of it ends, while the agent runs. */
import type { FileId } from '../types.ts';
import { type Gen, type Handles, removeReader } from './generation.ts';
import type { InnerWalk, TailWalk } from './walk.ts';

/** Ends a walk and takes it out of `walks`. What only its destination held open is closed, unless another walk of it goes on. */
export function leave(walk: TailWalk, walks: InnerWalk[], gens: readonly Gen[], handles: Handles): void {
  const left = walks.find((one) => one === walk);
  if (!left) return;
  walks.splice(walks.indexOf(left), 1);
  left.close();
  if (walks.some(({ destination }) => destination === left.destination)) return;
  for (const gen of gens) {
    if (!gen.readers.includes(left.destination)) continue;
    removeReader(gen, left.destination);
    if (gen.readers.length === 0 && gen.place !== 'live') handles.drop(gen);
  }
}

/** Bytes of deleted files that are only held open here, and behind what `settled` gives for a destination that reads them. */
export function bytesAtRisk(gens: readonly Gen[], settled: (destination: string, file: FileId) => number): number {
  const deleted = gens.filter(({ place }) => place === 'deleted');
  const unsettled = ({ readers, size, row }: Gen) =>
    readers.reduce((sum, reader) => sum + Math.max(0, size - settled(reader, row.file)), 0);
  return deleted.reduce((sum, gen) => sum + unsettled(gen), 0);
}
