/** What the parts of `tailship check` have in common. */
import type { Loaded } from './sections.ts';

export type Finding = {
  readonly level: 'ok' | 'warning' | 'error';
  /** A sentence. */
  readonly what: string;
  /** File and line of the configuration that it is about, where there is one. */
  readonly where: string | undefined;
  /** What to do about it; undefined where nothing is to be done. */
  readonly cure: string | undefined;
};

/** What a part of the check says of one thing; where it was configured is added by whoever knows. */
export type Said = Omit<Finding, 'where'>;

export function fine(what: string): Said {
  return { level: 'ok', what, cure: undefined };
}

export function warning(what: string, cure: string): Said {
  return { level: 'warning', what, cure };
}

export function bad(what: string, cure: string): Said {
  return { level: 'error', what, cure };
}

/** Where a key's value was set: `FILE:LINE`, or the variable's name; undefined where the default holds. */
export function placeOf({ config, origins }: Loaded, section: string, key: string): string | undefined {
  const origin = origins.get(`${section} ${key}`)?.origin;
  if (origin?.from === 'file') return `${config.source}:${origin.line}`;
  return origin?.from === 'environment' ? origin.variable : undefined;
}
