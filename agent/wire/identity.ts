/**
 * The identity element: which bytes of which generation a record was made of.
 *
 *     [tail@32473 f="GEN" at="START" len="BYTES" skip="BYTES" after="PREV:END" prevskip="BYTES" part="2/3"]
 *
 * `f` names the generation. The record stands for the bytes from `at` to `at + len`, and the `skip` bytes just before `at` were
 * passed over on purpose, so that the records of a generation tile it without a gap. The first record of a generation that
 * follows another says `after`: the one before and the byte up to which it was read. Where the last bytes of that one were
 * passed over on purpose too, no record of its own could say so, and `prevskip` beside `after` does.
 * A record cut into parts repeats all that with `part`.
 */
import { readSd, type SdElement, type SdParam } from './rfc5424.ts';

export type Identity = {
  /** The generation: 16 characters of [0-9a-z]. */
  readonly gen: string;
  /** Where the record's first byte stands in the (decompressed) generation. */
  readonly at: number;
  /** How many bytes it was, line ends included. */
  readonly len: number;
  readonly skip?: number | undefined;
  readonly after?: { readonly gen: string; readonly end: number } | undefined;
  readonly prevskip?: number | undefined;
  readonly part?: { readonly n: number; readonly of: number } | undefined;
};

/** Writes the element. Fields that are undefined, and a skip of 0, are left out. */
export function writeIdentity(sdId: string, identity: Identity): string {
  const { gen, at, len, skip, after, prevskip, part } = identity;
  let text = `[${sdId} f="${gen}" at="${at}" len="${len}"`;
  if (skip) text += ` skip="${skip}"`;
  if (after) text += ` after="${after.gen}:${after.end}"`;
  if (prevskip) text += ` prevskip="${prevskip}"`;
  if (part) text += ` part="${part.n}/${part.of}"`;
  return `${text}]`;
}

/**
 * Reads the element, from its text or already taken apart. The SD-ID does not matter: users put their own there.
 * Gives undefined where `f`, `at` or `len` is missing or anything of it cannot be read; never throws.
 */
export function readIdentity(element: string | SdElement): Identity | undefined {
  const params = typeof element === 'string' ? readSd(element)?.elements[0]?.params : element.params;
  if (!params) return undefined;
  const gen = value(params, 'f');
  const at = readNumber(value(params, 'at'));
  const len = readNumber(value(params, 'len'));
  if (gen === undefined || !/^[0-9a-z]{1,64}$/.test(gen) || at === undefined || len === undefined) return undefined;
  const skip = optional(params, 'skip', readNumber);
  const after = optional(params, 'after', readAfter);
  const prevskip = optional(params, 'prevskip', readNumber);
  const part = optional(params, 'part', readPart);
  if (skip === null || after === null || prevskip === null || part === null) return undefined;
  return {
    gen,
    at,
    len,
    ...(skip && { skip }),
    ...(after && { after }),
    ...(prevskip && { prevskip }),
    ...(part && { part }),
  };
}

/** Reads `2/3`. Gives undefined unless it counts from 1 up to what it says. */
export function readPart(text: string | undefined): { readonly n: number; readonly of: number } | undefined {
  const found = /^(\d{1,9})\/(\d{1,9})$/.exec(text ?? '');
  const n = Number(found?.[1]);
  const of = Number(found?.[2]);
  return n >= 1 && n <= of ? { n, of } : undefined;
}

function readAfter(text: string | undefined): { gen: string; end: number } | undefined {
  const found = /^([0-9a-z]{1,64}):(\d{1,15})$/.exec(text ?? '');
  return found ? { gen: found[1]!, end: Number(found[2]) } : undefined;
}

/** At most 15 digits: every such number is exact. */
function readNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function value(params: readonly SdParam[], name: string): string | undefined {
  return params.find((param) => param[0] === name)?.[1];
}

/** Undefined where the parameter is absent, null where it is there and cannot be read. */
function optional<T>(
  params: readonly SdParam[],
  name: string,
  read: (text: string) => T | undefined,
): T | undefined | null {
  const text = value(params, name);
  return text === undefined ? undefined : (read(text) ?? null);
}
