/** What `--out` names: standard output, a file of lines, or a SQLite database. */
import { createWriteStream, openSync, type WriteStream } from 'node:fs';
import type { Clock } from '../types.ts';
import { createEvents, EventsProblem, openEvents } from './events.ts';
import { createOutput, type Output, type Sink } from './output.ts';

const SQLITE = 'sqlite:';

/** Says in a sentence why nothing can be written to what `--out` names. `usage`: it is written wrongly. */
export class OutputProblem extends Error {
  readonly usage: boolean;
  constructor(sentence: string, usage: boolean) {
    super(sentence);
    this.usage = usage;
  }
}

export type Target = Output & {
  /** Closes the file; resolves when that is done. */
  close(): Promise<void>;
};

export type TargetParts = {
  /** Where messages go that no file is named for. */
  readonly stdout: Sink;
  readonly json: boolean;
  readonly clock: Clock;
  readonly blocked: (yes: boolean) => void;
  /** Called once, with the whole sentence. */
  readonly failed: (sentence: string) => void;
};

/** `out`: a path, `sqlite:PATH`, or undefined for standard output. Throws an OutputProblem. */
export function openTarget(out: string | undefined, parts: TargetParts): Target {
  const failed = (problem: Error) =>
    parts.failed(
      `Cannot write to ${out ?? 'standard output'}: ${problem.message.replace(/\.$/, '')}. Receiving ends here.`,
    );
  if (out === undefined) return { ...createOutput({ ...parts, sink: parts.stdout, failed }), close: async () => {} };
  if (out.startsWith(SQLITE)) return openDatabase(out.slice(SQLITE.length), { clock: parts.clock, failed });
  const file = openFile(out);
  return {
    ...createOutput({ ...parts, sink: file, failed }),
    close: () => new Promise((resolve) => file.close(() => resolve())),
  };
}

function openDatabase(
  file: string,
  parts: { readonly clock: Clock; readonly failed: (problem: Error) => void },
): Target {
  if (file === '') throw new OutputProblem('--out sqlite: names no file. Write sqlite:FILE.', true);
  try {
    const db = openEvents(file);
    return {
      ...createEvents({ db, ...parts }),
      async close() {
        db.close();
      },
    };
  } catch (problem) {
    throw problem instanceof EventsProblem ? new OutputProblem(problem.message, false) : problem;
  }
}

/** Appends, so that a receiver that is started again destroys nothing. Throws an OutputProblem. */
function openFile(path: string): WriteStream {
  try {
    const stream = createWriteStream(path, { fd: openSync(path, 'a', 0o640) });
    // Whoever writes hears of a failure; but for a listener here the process would end.
    stream.on('error', () => {});
    return stream;
  } catch (problem) {
    const cure = 'Name a file in a folder that you may write to.';
    throw new OutputProblem(`Cannot write to ${path}: ${(problem as Error).message}. ${cure}`, false);
  }
}
