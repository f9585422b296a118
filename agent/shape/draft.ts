import type { FileContext, InputConfig } from '../types.ts';

/** A member of a record's JSON. */
export type Member = readonly [key: string, value: string];

/** A record in the making: what its lines gave, then what its header says. There is one, filled anew for each record. */
export type Draft = {
  /** What the pattern found in the first line; null where it does not match. */
  match: RegExpExecArray | null;
  line: string;
  /** The lines joined to the first, each behind an LF. */
  more: string;
  /** True where the strings are text; else each of their characters is one byte of UTF-8. */
  wide: boolean;
  /** True where nothing of the lines needs an escape in JSON. */
  clean: boolean;
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

export function newDraft(): Draft {
  return {
    ...{
      match: null,
      line: '',
      more: '',
      wide: false,
      clean: false,
      cut: false,
      modified: 0,
      readAt: 0,
      name: '-',
      path: '',
    },
    ...{ pri: 0, timestamp: '', hostname: '-', appName: '-', procid: '-', extras: [] },
  };
}

/** The stand-in for an owner: the input's own name, else the file's name up to its first dot. */
export function ownerStandIn(input: InputConfig, context: FileContext): string {
  if (input.named) return input.name;
  const name = context.path.slice(context.path.lastIndexOf('/') + 1).replace(/^\.+/, '');
  const dot = name.indexOf('.');
  return dot < 0 ? name : name.slice(0, dot);
}
