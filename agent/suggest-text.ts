/** A pattern as it stands in the configuration. */
import type { TransformConfig } from './types.ts';

/** `pattern = …`, ready to copy. A single quote would end the value, so one in the pattern is written as its code. */
export function settingText(pattern: TransformConfig['pattern']): string {
  return `pattern = ${'builtin' in pattern ? pattern.builtin : `'${pattern.regex.replaceAll("'", '\\x27')}'`}`;
}
