/**
 * Positions on the wire and positions of what was written. They are the same on plain TCP; over TLS the kernel counts records,
 * which hold more, so it is noted with each write how far the wire had got when the kernel had all of that write.
 */

export type Positions = {
  /** The kernel has everything that was written up to `written`, and it is among the first `wire` bytes of the connection. */
  flushed(written: number, wire: number): void;
  /** How much of what was written is surely among the first `wire` bytes of the connection. `wire` never goes back. */
  writtenAt(wire: number): number;
};

export const SAME: Positions = { flushed: () => {}, writtenAt: (wire) => wire };

export function createPositions(): Positions {
  const notes: { readonly written: number; readonly wire: number }[] = [];
  let known = 0;
  return {
    flushed(written, wire) {
      notes.push({ written, wire });
    },
    writtenAt(wire) {
      let count = 0;
      for (let note = notes[0]; note && note.wire <= wire; note = notes[count]) {
        known = note.written;
        count += 1;
      }
      notes.splice(0, count);
      return known;
    },
  };
}
