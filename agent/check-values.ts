/** The values that hold, and where each comes from, for `tailship check` and `tailship report`. */
import { withoutCredentials } from './ops/logline.ts';
import type { Loaded } from './sections.ts';

export type EffectiveValue = {
  /** As in the file: `[input.web]`. */
  readonly section: string;
  readonly key: string;
  /** As it is written; a secret as ***. */
  readonly value: string;
  /** `default`, `line 7`, or the name of a variable of the environment. */
  readonly from: string;
};

/** Keys whose value nobody needs to see. */
const SECRET = /(^|_)token$|(^|_)hash_key$|password$|secret/i;

/** Every key of every section in effect, in the order of the manual. */
export function valuesInEffect({ origins }: Loaded): EffectiveValue[] {
  return [...origins].map(([place, { text, origin }]) => {
    const at = place.indexOf('] ') + 1;
    const key = place.slice(at + 1);
    const from =
      origin.from === 'file' ? `line ${origin.line}` : origin.from === 'default' ? 'default' : origin.variable;
    return { section: place.slice(0, at), key, value: secretless(key, text), from };
  });
}

/** The text of a configuration file with its secrets out, also those in lines that are commented away. */
export function withoutSecrets(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const [, head, key, value] = /^(\s*[;#]*\s*(["']?[\w-]+["']?(?:\[\])?)\s*[=:]\s*)(.*)$/.exec(line) ?? [];
      return head === undefined ? withoutCredentials(line) : head + secretless(key!.replaceAll(/["'[\]]/g, ''), value!);
    })
    .join('\n');
}

/** A value as it may be shown. `key` tells whether it is a secret; it may be that of a variable. */
export function secretless(key: string, text: string): string {
  return SECRET.test(key) && text !== 'none' && text !== '' ? '***' : withoutCredentials(text);
}
