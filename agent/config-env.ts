/**
 * Settings from the environment: `TAILSHIP_<SECTION>_<KEY>`, and `TAILSHIP_<SECTION>__<NAME>__<KEY>` for a named section.
 * Values are literal: no quotes, no comments. Names match without regard to case, and where a name of the file holds a
 * character that a variable cannot (`-`, `.`), `_` stands for it. A name that the file does not have is taken as written
 * when it has a small letter, else in small letters. The same goes for the keys of `[levels]` and `[owners]`.
 */
import { judgeName, optionOf, type Sections, sectionText } from './config-names.ts';
import { clip, controlIn, type Problem } from './config-text.ts';
import { didYouMean } from './nearest.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type EnvironmentSetting = {
  readonly variable: string;
  readonly kind: string;
  readonly name: string | undefined;
  readonly key: string;
  readonly value: string;
};

/** What stands in the file: the names of its sections, and the keys in them. */
type Place = { readonly kind: string; readonly name: string | undefined; readonly key?: string };

const PREFIX = 'TAILSHIP_';

/** Reads all variables that begin with TAILSHIP_; one that is unknown or set twice is a problem, and so is an ambiguous one. */
export function readVariables(
  sections: Sections,
  places: readonly Place[],
  env: Environment,
): { readonly settings: readonly EnvironmentSetting[]; readonly problems: readonly Problem[] } {
  const settings = new Map<string, EnvironmentSetting>();
  const problems: Problem[] = [];
  for (const variable of Object.keys(env).sort()) {
    const value = env[variable];
    if (!variable.startsWith(PREFIX) || value === undefined) continue;
    const control = controlIn(variable + value);
    const read =
      control === undefined
        ? readVariable(sections, places, variable)
        : `holds the control character ${control}. Remove it.`;
    if (typeof read === 'string') {
      problems.push({ line: undefined, code: 'config-variable', sentence: `${clip(variable)} ${read}` });
      continue;
    }
    const address = JSON.stringify([read.kind, read.name, read.key]);
    const twin = settings.get(address);
    if (twin)
      problems.push({
        line: undefined,
        code: 'config-variable',
        sentence: `${variable} sets the same as ${twin.variable}. Unset one of the two.`,
      });
    settings.set(address, { variable, value, ...read });
  }
  return { settings: [...settings.values()], problems };
}

/** The section and key that a variable means, or what is wrong with it. */
function readVariable(
  sections: Sections,
  places: readonly Place[],
  variable: string,
): Omit<EnvironmentSetting, 'variable' | 'value'> | string {
  const [, head = '', called, namedKey, plainKey] =
    /^([^_]+)(?:__(.+)__(.+?)|_(?!_)(.+))$/s.exec(variable.slice(PREFIX.length)) ?? [];
  const kind = head.toLowerCase();
  const section = Object.hasOwn(sections, kind) ? sections[kind] : undefined;
  const word = namedKey ?? plainKey;
  if (!section || word === undefined) return `is no setting.${nearVariable(sections, variable, called)}`;
  const relatives = places.filter(
    (one) => section.family !== undefined && sections[one.kind]?.family === section.family,
  );
  const name =
    called === undefined
      ? undefined
      : match(
          called,
          relatives.flatMap((one) => one.name ?? []),
        );
  if (Array.isArray(name))
    return `may mean ${name.map((one) => sectionText(kind, one)).join(' or ')}. Set it in the file.`;
  const wrong = name === undefined ? undefined : judgeName(section, kind, name);
  if (wrong !== undefined) return `cannot be taken: ${wrong}`;
  const own = places.flatMap((one) => (section.any && one.kind === kind ? (one.key ?? []) : []));
  const key = match(word, [...Object.keys(section.options), ...own]);
  if (Array.isArray(key)) return `may mean the key ${key.join(' or ')} of [${kind}]. Set it in the file.`;
  if (!optionOf(section, key) || /^__proto__$|\[\]$/.test(key))
    return `is no setting.${nearVariable(sections, variable, called)}`;
  return { kind, name, key: section.fold?.(key) ?? key };
}

/** The known word that is meant, or a new one; several known words where it cannot be told. */
function match(word: string, known: readonly string[]): string | string[] {
  const spell = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, '_').toLowerCase();
  const found = [...new Set(known)].filter((one) => spell(one) === spell(word));
  if (found.length > 1) return found.includes(word) ? word : found;
  return found[0] ?? (/\p{Ll}/u.test(word) ? word : word.toLowerCase());
}

function nearVariable(sections: Sections, variable: string, name: string | undefined): string {
  const infix = name === undefined ? '_' : `__${name}__`;
  const known = Object.entries(sections).flatMap(([kind, { options, family }]) =>
    name !== undefined && family === undefined
      ? []
      : Object.keys(options).map((key) => `${kind.toUpperCase()}${infix}${key.toUpperCase()}`),
  );
  const cure = didYouMean(variable.slice(PREFIX.length), known, (near) => `${PREFIX}${near}`);
  return (
    cure || ' Settings are TAILSHIP_SECTION_KEY and TAILSHIP_SECTION__NAME__KEY: unset it, or see config.conf.example.'
  );
}
