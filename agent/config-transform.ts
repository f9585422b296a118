/** How lines become records, from settings to what the rooms take. */
import { find, type Settings, valuesOf } from './config.ts';
import { type readLimit, readLimitKey } from './shape/limit.ts';
import { levelOptions, ownerOptions, redactions, redactOptions, transformOptions } from './shape/options.ts';
import type { LimitRule, Option, RedactConfig, RedactRule, Template, TransformConfig } from './types.ts';

/**
 * What `[transform]`, `[levels]`, `[owners]`, `[limit]`, `[redact]` and `[fields]` say for an input. `timezone`: the host's;
 * `script`: the script's own pattern holds.
 */
export function buildTransform(
  settings: Settings,
  name: string | undefined,
  { timezone, script }: { readonly timezone: string; readonly script: boolean },
): TransformConfig {
  const own = valuesOf(settings, transformOptions, 'transform', name);
  const drops = script && find(settings, 'transform', name, 'unmatched') === undefined;
  return {
    pattern: script ? { builtin: 'script' } : own.pattern,
    unmatched: drops ? 'drop' : own.unmatched,
    timezone: own.timezone ?? timezone,
    levels: wordsOf(settings, 'levels', levelOptions, name),
    owners: wordsOf(settings, 'owners', ownerOptions, name),
    redact: buildRedact(settings, name),
    limits: buildLimits(settings, name),
    fields: wordsOf<Template>(settings, 'fields', {}, name),
  };
}

/** An input's own rules come before those for all inputs, and each group in the order of the file. */
function buildLimits(settings: Settings, name: string | undefined): LimitRule[] {
  const words = [...wordsOf<ReturnType<typeof readLimit>>(settings, 'limit', {}, name)];
  const own = (key: string) =>
    settings.given.some((one) => one.kind === 'limit' && one.name === name && one.key === key);
  const sorted = [...words.filter(([key]) => own(key)), ...words.filter(([key]) => !own(key))];
  return sorted.flatMap(([key, limit]) => (limit ? [{ name: key, ...readLimitKey(key), ...limit }] : []));
}

function buildRedact(settings: Settings, name: string | undefined): RedactConfig {
  const rules = new Map(wordsOf<RedactRule>(settings, 'redact', redactions, name));
  rules.delete('hash_key');
  return { rules, hashKey: valuesOf(settings, redactOptions, 'redact', name).hash_key };
}

/** A section whose keys are the operator's words: the built-in ones, then those of the unnamed section, then its own. */
function wordsOf<T>(
  settings: Settings,
  kind: string,
  options: Readonly<Record<string, Option<T>>>,
  name: string | undefined,
): ReadonlyMap<string, T> {
  const map = new Map<string, T>();
  for (const [word, option] of Object.entries(options)) map.set(word, option.schema.parse(option.default));
  for (const section of new Set([undefined, name])) {
    for (const one of settings.given) {
      if (one.kind === kind && one.name === section && one.values) map.set(one.key, one.values[0] as T);
    }
  }
  return map;
}
