/**
 * Outlines: expressions for lines that are read in another way, but of which many are alike. An outline need not take all of them; what it
 * takes it takes apart as the pattern does.
 */
import { numberGroups } from './groups.ts';

export type Outline = {
  /** The expression, its groups numbered. */
  readonly source: string;
  readonly groups: ReadonlyMap<string, readonly number[]>;
  /** Members of the JSON that the line names itself. */
  readonly members: readonly OutlineMember[];
  /** True where what the groups take stands in the line as it has to stand in JSON. */
  readonly verbatim: boolean;
  /** True where no group stands in another. */
  readonly apart: boolean;
};

/** A member whose value is what the group took, or always the same; with `json` it is no string. */
export type OutlineMember = { readonly key: string; readonly json: boolean } & (
  | { readonly group: string }
  | { readonly text: string }
);

/** What there is for the lines of a pattern. */
export type Outlines = {
  /** For what is wrapped around a line: `time`, `stream`, and with `line` the line itself. */
  readonly wrapping?: Outline | undefined;
  readonly first?: Outline | undefined;
  /** Makes one for lines that are like this one; undefined where none is to be had. */
  readonly learn?: ((line: string) => Outline | undefined) | undefined;
};

/** A character that stands for itself in a string of JSON; and the escapes that are written as tailship itself writes them. */
export const CLEAN = String.raw`[^"\\\x00-\x1f\x7f]`;
export const ESCAPED = String.raw`\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[\da-f]|7f))`;

/** An outline whose groups have names; none stands in another. */
export function outlineOf(source: string, verbatim: boolean, members: readonly OutlineMember[] = []): Outline {
  return { ...numberGroups(source), members, verbatim, apart: true };
}

/** The expression for a text; undefined where it holds more than what can be printed in ASCII. */
export function literal(text: string): string | undefined {
  return /^[ -~]*$/.test(text) ? text.replace(/[^\w ]/g, '\\$&') : undefined;
}
