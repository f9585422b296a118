/** `tailship status --watch`: draws on a terminal's second screen, and writes lines where there is no terminal. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sight } from '../watch.ts';
import { EXIT, type Io } from './io.ts';
import { isScreen, wantsColour } from './look.ts';

/** How often it asks, ms. */
const EVERY = 1_000;
/** Where there is no terminal, and nothing but numbers changed, a line is said so often, ms. */
const SAY_EVERY = 10_000;
/** What a terminal is taken for that does not tell its size. */
const COLUMNS = 80;
const ROWS = 24;

/** The other screen, no cursor, no wrapping (xterm's private modes); and back. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/** Keys by what they do. Arrows and pages come as sequences; \x03 is Ctrl-C, which a raw terminal does not turn into a signal. */
const LEAVING = /^[qQ\x03\x04]/;
const KEY = /\x1b\[[\d;]*[A-Z~]|./gs;
const MOVES: Readonly<Record<string, (page: number) => number>> = {
  ...{ '\x1b[A': () => -1, k: () => -1, '\x1b[B': () => 1, j: () => 1 },
  ...{ '\x1b[5~': (page) => -page, '\x1b[6~': (page) => page, ' ': (page) => page },
  ...{ '\x1b[H': () => -Infinity, g: () => -Infinity, '\x1b[F': () => Infinity, G: () => Infinity },
};

/** Shows what `look` sees until the user or the system ends it. Gives the exit code: whether an agent was running at the end. */
export async function watch(look: () => Promise<Sight>, io: Io, json: boolean): Promise<number> {
  // Whatever is wrong from the start is told as for any command.
  const first = await look();
  if (json) return follow(look, io, first, (sight) => sight.json && `${JSON.stringify(sight.json)}\n`);
  if (!isScreen(io)) return follow(look, io, first, createTeller());
  return showOnScreen(look, io, first);
}

async function follow(
  look: () => Promise<Sight>,
  { stdout, stop }: Io,
  first: Sight,
  say: (sight: Sight) => string | undefined,
): Promise<number> {
  let sight = first;
  for (;;) {
    const said = say(sight);
    if (said !== undefined) stdout.write(said);
    await unlessOver(sleep(EVERY), stop);
    if (stop.aborted) return codeOf(sight);
    sight = await look();
  }
}

/** A line now and then, and at once where something happened. */
function createTeller(): (sight: Sight) => string | undefined {
  let gist: string | undefined;
  let due = 0;
  return (sight) => {
    const now = performance.now();
    if (sight.gist === gist && now < due) return undefined;
    gist = sight.gist;
    due = now + SAY_EVERY;
    const time = new Date().toISOString();
    return sight.brief.map((sentence) => `${time} ${sentence}\n`).join('');
  };
}

async function showOnScreen(look: () => Promise<Sight>, io: Io, first: Sight): Promise<number> {
  const { stdin, stdout } = io;
  const left = new AbortController();
  const over = AbortSignal.any([io.stop, left.signal]);
  const raw = stdin.isTTY === true;
  let sight = first;
  let top = 0;
  const draw = () => {
    if (over.aborted) return;
    const size = { columns: stdout.columns ?? COLUMNS, rows: stdout.rows ?? ROWS };
    const { frame, top: at } = sight.draw(top, size, wantsColour(io));
    top = at;
    stdout.write(frame);
  };
  const move = (key: string) => {
    if (LEAVING.test(key)) left.abort();
    top = Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, top + (MOVES[key]?.((stdout.rows ?? ROWS) - 2) ?? 0)));
    draw();
  };
  stdout.write(ENTER);
  stdout.on?.('resize', draw);
  try {
    if (raw) {
      stdin.setRawMode?.(true);
      void listen(stdin, move, over, () => left.abort());
    }
    while (!over.aborted) {
      draw();
      await unlessOver(sleep(EVERY), over);
      sight = (await unlessOver(look(), over)) ?? sight;
    }
    return codeOf(sight);
  } finally {
    stdout.off?.('resize', draw);
    if (raw) stdin.setRawMode?.(false);
    await new Promise<void>((done) => stdout.write(LEAVE, () => done()));
  }
}

/** Hands each key on; a terminal that is gone is the end. */
async function listen(stdin: Io['stdin'], key: (text: string) => void, over: AbortSignal, gone: () => void) {
  try {
    for await (const said of stdin) {
      if (over.aborted) return;
      // Held keys come several at once.
      for (const [one] of said.toString().matchAll(KEY)) key(one);
    }
  } finally {
    gone();
  }
}

const codeOf = ({ running }: Sight): number => (running ? EXIT.fine : EXIT.failed);

/** What `work` gives, or undefined as soon as it is over. */
function unlessOver<T>(work: Promise<T>, over: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const end = () => resolve(undefined);
    over.addEventListener('abort', end);
    if (over.aborted) end();
    work.then(resolve, reject).finally(() => over.removeEventListener('abort', end));
  });
}
