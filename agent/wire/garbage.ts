/**
 * V8's collector, called when it is worth it. By itself it comes when its heap has grown by what it thinks fit, and on a host with much
 * memory that is 100 MB.
 */
import v8 from 'node:v8';
import vm from 'node:vm';

type Collect = (how: Readonly<Record<string, string>>) => void;

/** By so many bytes the heap, with the strings that stand outside of it, may have grown since it was last collected. */
const GROWTH = 8 * 1024 * 1024;

let found: Collect | undefined;

/** What calls V8's collector. */
export function collector(): Collect {
  if (found) return found;
  v8.setFlagsFromString('--expose-gc');
  found = vm.runInNewContext('gc') as Collect;
  return found;
}

export type Garbage = {
  /** Collects it where it has become too much. */
  look(): void;
};

export function createGarbage(size = heapSize, collect = () => collector()({ type: 'major' })): Garbage {
  let most: number | undefined;
  return {
    look() {
      most ??= size() + GROWTH;
      if (size() < most) return;
      collect();
      most = size() + GROWTH;
    },
  };
}

/** That of this thread. */
export const garbage = createGarbage();

function heapSize(): number {
  const { used_heap_size, external_memory } = v8.getHeapStatistics();
  return used_heap_size + external_memory;
}
