/** What the parts of `tailship check` have in common. */
import type { Loaded } from './sections.ts';
import type { Code } from './wire/codes.ts';

export type Finding = {
  /** What it is about. */
  readonly topic: 'Configuration' | 'Files' | 'Rotation' | 'Spool' | 'Servers';
  readonly level: 'ok' | 'warning' | 'error';
  /** For `tailship explain`; undefined where all is well. */
  readonly code: Code | undefined;
  /** A sentence. */
  readonly what: string;
  /** File and line of the configuration that it is about, where there is one. */
  readonly where: string | undefined;
  /** What to do about it; undefined where nothing is to be done. */
  readonly cure: string | undefined;
};

/** What a part of the check says of one thing; where it was configured is added by whoever knows. */
export type Said = Omit<Finding, 'where' | 'topic'>;

/** With the place where it was configured; the topic is added by whoever puts all together. */
export type Placed = Omit<Finding, 'topic'>;

export function fine(what: string): Said {
  return { level: 'ok', code: undefined, what, cure: undefined };
}

export function warning(code: Code, what: string, cure: string): Said {
  return { level: 'warning', code, what, cure };
}

export function bad(code: Code, what: string, cure: string): Said {
  return { level: 'error', code, what, cure };
}

/** Where a key's value was set: `FILE:LINE`, or the variable's name; undefined where the default holds. */
export function placeOf({ config, origins }: Loaded, section: string, key: string): string | undefined {
  const origin = origins.get(`${section} ${key}`)?.origin;
  if (origin?.from === 'file') return `${config.source}:${origin.line}`;
  return origin?.from === 'environment' ? origin.variable : undefined;
}
