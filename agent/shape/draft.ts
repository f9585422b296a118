import type { FileContext, InputConfig } from '../types.ts';

/** A member of a record's JSON. Its value is a string, or with `json` the JSON of any other value. */
export type Member = readonly [key: string, value: string, kind?: 'json'];

/** What a pattern found in a line: what each group took, by number, and more where the pattern is no regular expression. */
export type Match = ArrayLike<string | undefined> & {
  /** Members of the JSON that the line names itself. */
  readonly fields?: readonly Member[];
  /** The program's own line, where a container's runtime had wrapped it; and on which stream it was written. */
  readonly line?: string;
  readonly stream?: string;
  /** True where the wrapping was taken off, but the pattern for what is in it does not match. */
  readonly unmatched?: boolean;
  /** The line goes on in the next one of its stream; it gives the match of the whole. */
  readonly partial?: ((whole: string) => Match) | undefined;
};

/** A record in the making: what its lines gave, then what its header says. There is one, filled anew for each record. */
export type Draft = {
  /** What the pattern found in the first line; null where it does not match. */
  match: Match | null;
  line: string;
  /** The lines joined to the first, each behind an LF. */
  more: string;
  /** True where the strings are text; else each of their characters is one byte of UTF-8. */
  wide: boolean;
  /** True where nothing of the lines needs an escape in JSON. */
  clean: boolean;
  /** True where the pattern took too long on the line, so that it was not looked at further. */
  slow: boolean;
  /** True where a line was cut at `max_line`. */
  cut: boolean;
  /** As in Chunk, ms. */
  modified: number;
  readAt: number;
  /** The stand-in for an owner. */
  name: string;
  /** The live path of the file's chain. */
  path: string;

  pri: number;
  timestamp: string;
  hostname: string;
  appName: string;
  procid: string;
  /** Members of the JSON beyond those that every record has. */
  extras: readonly Member[];
};

const NONE: readonly Member[] = [];

export function newDraft(): Draft {
  return {
    ...{
      match: null,
      line: '',
      more: '',
      wide: false,
      clean: false,
      slow: false,
      cut: false,
      modified: 0,
      readAt: 0,
      name: '-',
      path: '',
    },
    ...{ pri: 0, timestamp: '', hostname: '-', appName: '-', procid: '-', extras: NONE },
  };
}

/** Lets go of a record that is done with: until the next one comes it would be kept, by every input that has one. */
export function clearDraft(draft: Draft): void {
  Object.assign(draft, { match: null, line: '', more: '', extras: NONE });
}

/** The stand-in for an owner: the input's own name, else the file's name up to its first dot. */
export function ownerStandIn(input: InputConfig, context: FileContext): string {
  if (input.named) return input.name;
  const name = context.path.slice(context.path.lastIndexOf('/') + 1).replace(/^\.+/, '');
  const dot = name.indexOf('.');
  return dot < 0 ? name : name.slice(0, dot);
}
