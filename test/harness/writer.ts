import fs from 'node:fs';

/** An application that logs, as applications do: it keeps its file open and notices a rotation only after a while. */
export type Writer = {
  /** All that it has written, without line ends. The last of them may still be half in the file while it runs. */
  readonly lines: readonly string[];
  /** Writes the line that is under way to its end, and no more. */
  stop(): void;
};

/** Line `n` as the application writes it, in the layout of the old script's logs; every third line is partly Chinese. */
export function logLine(n: number): string {
  const level = ['INFO', 'WARN', 'ERROR', 'DEBUG'][n % 4];
  const second = String(n % 60).padStart(2, '0');
  const words = n % 3 === 0 ? '订单 "已提交" \\ 完成 ' : 'order accepted and stored ';
  return `Jul 15 11:30:${second} host app: [${n % 4000}][${level}] [T${n % 7}] message ${n} ${words.repeat(1 + (n % 5)).trim()}`;
}

/** Writes `perTick` lines every `every` ms, until it is stopped or has written `total`. `from` is the number of the first line. */
export function startWriter(path: string, { perTick = 20, every = 3, total = Infinity, from = 0 } = {}): Writer {
  const lines: string[] = [];
  let fd = fs.openSync(path, 'a');
  let half = Buffer.alloc(0);
  let ticks = 0;
  const tick = () => {
    ticks += 1;
    // A rotation is looked for only now and then: until then lines go to the old file, renamed or deleted as it may be.
    if (ticks % 5 === 0 && half.length === 0) fd = reopened(fd, path);
    const fresh: string[] = [];
    while (fresh.length < perTick && lines.length + fresh.length < total)
      fresh.push(logLine(from + lines.length + fresh.length));
    lines.push(...fresh);
    const bytes = Buffer.concat([half, Buffer.from(fresh.map((line) => `${line}\n`).join(''))]);
    // Every third time the last line is written in two halves; the cut may go through a character.
    const cut = ticks % 3 === 0 && fresh.length > 0 ? bytes.length - 9 : bytes.length;
    fs.writeSync(fd, bytes.subarray(0, cut));
    half = bytes.subarray(cut);
    if (lines.length >= total && half.length === 0) stop();
  };
  const timer = setInterval(tick, every);
  let stopped = false;
  const stop = () => {
    clearInterval(timer);
    if (stopped) return;
    stopped = true;
    fs.writeSync(fd, half);
    fs.closeSync(fd);
  };
  return { lines, stop };
}

/** The file that now stands at `path`, opened; the old one where none stands there or it is the same. */
function reopened(fd: number, path: string): number {
  const now = fs.statSync(path, { throwIfNoEntry: false });
  if (now === undefined || now.ino === fs.fstatSync(fd).ino) return fd;
  fs.closeSync(fd);
  return fs.openSync(path, 'a');
}
