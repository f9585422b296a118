/** Are the sections and keys of a file known, and does each stand there once? Pure: names in, sentences out. */
import type { Header, Problem, Setting, Written } from './config-text.ts';
import { didYouMean } from './nearest.ts';
import type { Option, Options } from './types.ts';

/** One kind of section. `any`: the keys are the operator's own words. `fold`: spellings with the same fold are one key. */
type Section = {
  readonly options: Options;
  readonly any?: Option;
  readonly fold?: (key: string) => string;
  /** Sections that may be written `[kind.NAME]` share their names with the others of the same family. */
  readonly family?: string;
};
export type Sections = Readonly<Record<string, Section>>;

/** The setting of a known key in a known section; the key is folded. */
export type KnownSetting = { readonly line: number; readonly kind: string; readonly name: string | undefined } & Pick<
  Setting,
  'key' | 'list' | 'value' | 'cut'
>;
export type KnownHeader = { readonly line: number; readonly kind: string; readonly name: string | undefined };
type Judged = { readonly headers: KnownHeader[]; readonly settings: KnownSetting[]; readonly problems: Problem[] };

/** `[input.web]` as the operator writes it. */
export function sectionText(kind: string, name: string | undefined): string {
  return name === undefined ? `[${kind}]` : `[${kind}.${name}]`;
}

/** The option of a key; undefined when the section has no such key. */
export function optionOf(section: Section | undefined, key: string): Option | undefined {
  return section && Object.hasOwn(section.options, key) ? section.options[key] : section?.any;
}

/** What of a file has a known name and stands there for the first time; the rest is in `problems`. */
export function judgeNames(sections: Sections, written: Written): Judged {
  const problems: Problem[] = [];
  const headers = new Map<string, KnownHeader>();
  const meant = new Map<Header, KnownHeader>();
  for (const header of written.headers) {
    const { line, kind, name } = header;
    const sentence = judgeHeader(sections, kind, name);
    if (sentence !== undefined) {
      problems.push({ line, code: 'config-section', sentence });
      continue;
    }
    const place = sectionText(kind, name);
    const twin = headers.get(place);
    if (twin) {
      const again = `${place} stands in line ${twin.line} already. Write all its keys there.`;
      problems.push({ line, code: 'config-twice', sentence: again });
    }
    const known = twin ?? { line, kind, name };
    headers.set(place, known);
    meant.set(header, known);
  }
  const settings: KnownSetting[] = [];
  const first = new Map<string, KnownSetting>();
  for (const setting of written.settings) {
    const header = setting.header && meant.get(setting.header);
    // Under a section that is unknown or unreadable nothing can be judged.
    if (setting.header && !header) continue;
    const read = judgeSetting(sections, setting, header, first);
    if ('sentence' in read) problems.push({ line: setting.line, ...read });
    else settings.push(read);
  }
  return { headers: [...headers.values()], settings, problems };
}

function judgeHeader(sections: Sections, kind: string, name: string | undefined): string | undefined {
  const section = Object.hasOwn(sections, kind) ? sections[kind] : undefined;
  if (!section) {
    const known = Object.keys(sections);
    const cure = didYouMean(kind, known, (near) => sectionText(near, sections[near]?.family ? name : undefined));
    return `${sectionText(kind, name)} is no section.${cure || ` There are ${known.map((one) => `[${one}]`).join(' ')}.`}`;
  }
  return name === undefined ? undefined : judgeName(section, kind, name);
}

/** What is wrong with the NAME of `[kind.NAME]`, if anything. */
export function judgeName(section: Section, kind: string, name: string): string | undefined {
  if (!section.family) return `[${kind}] takes no name. Write [${kind}].`;
  if (!/^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u.test(name)) {
    return `'${name}' cannot be a name in [${kind}.NAME]. Use letters, digits, _ - and . there.`;
  }
  return name === section.family ? `the name ${name} belongs to [${name}] itself. Choose another.` : undefined;
}

/** The setting, or what is wrong with it. `first`: the first setting of each key so far. */
function judgeSetting(
  sections: Sections,
  setting: Setting,
  header: KnownHeader | undefined,
  first: Map<string, KnownSetting>,
): KnownSetting | Omit<Problem, 'line'> {
  const unknown = (sentence: string) => ({ code: 'config-key', sentence }) as const;
  const homes = Object.keys(sections).filter((kind) => Object.hasOwn(sections[kind]!.options, setting.key));
  const home = homes.map((kind) => `[${kind}]`).join(' or ');
  if (!header)
    return unknown(`'${setting.key}' stands before the first section. Put ${home || 'a [section]'} above it.`);
  const { kind, name } = header;
  const section = sections[kind]!;
  const place = sectionText(kind, name);
  const option = optionOf(section, setting.key);
  // What `ini` would pass over or take for a list.
  if (/^(__proto__)?$|\[\]$/.test(setting.key)) return unknown(`'${setting.key}' cannot be a key. Remove the line.`);
  if (!option) {
    const known = Object.keys(section.options);
    const cure = home ? ` It belongs to ${home}.` : didYouMean(setting.key, known) || ` There are ${known.join(', ')}.`;
    return unknown(`'${setting.key}' is no key of ${place}.${cure}`);
  }
  if (setting.list && !option.list)
    return { code: 'config-value', sentence: `${setting.key} is no list. Write ${setting.key} = VALUE, once.` };
  const key = section.fold?.(setting.key) ?? setting.key;
  const known = { line: setting.line, kind, name, key, list: setting.list, value: setting.value, cut: setting.cut };
  const twin = first.get(`${place} ${key}`);
  if (twin && !(setting.list || twin.list)) {
    const cure = option.list ? `For several write ${key}[] = VALUE, one on each line.` : 'Remove one of the two.';
    return {
      code: 'config-twice',
      sentence: `${setting.key} in ${place} stands in line ${twin.line} already. ${cure}`,
    };
  }
  if (!twin) first.set(`${place} ${key}`, known);
  return known;
}
