import fs from 'node:fs';

/** Cuts off the line at the end of a file that whoever wrote it was killed over, unless that is whole. */
export function cutHalfLine(file: string): void {
  fs.truncateSync(file, fs.readFileSync(file).lastIndexOf(10) + 1);
}

/** The whole lines of a file that grows, in any number of looks: only what is new is read. A half line at its end may be cut off. */
export function growingLines(file: string): () => readonly string[] {
  const lines: string[] = [];
  let offset = 0;
  let half = Buffer.alloc(0);
  return () => {
    const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size < offset) {
      offset -= half.length;
      half = Buffer.alloc(0);
    }
    if (size === offset) return lines;
    const fresh = Buffer.alloc(size - offset);
    const fd = fs.openSync(file, 'r');
    offset += fs.readSync(fd, fresh, 0, fresh.length, offset);
    fs.closeSync(fd);
    const bytes = Buffer.concat([half, fresh]);
    const end = bytes.lastIndexOf(10) + 1;
    half = bytes.subarray(end);
    if (end > 0) for (const line of bytes.toString('utf8', 0, end - 1).split('\n')) lines.push(line);
    return lines;
  };
}
