import fs from 'node:fs';

/** The whole lines of a file that grows, in any number of looks: only what is new is read. */
export function growingLines(file: string): () => readonly string[] {
  const lines: string[] = [];
  let offset = 0;
  let half = Buffer.alloc(0);
  return () => {
    const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
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
