/** Whether the properties that templates name are there: some are the record's own, the others are groups of a pattern. */
import { find, problemAt, type Settings } from './config.ts';
import { sectionText } from './config-names.ts';
import { didYouMean } from './nearest.ts';
import { compilePattern } from './shape/pattern.ts';
import { PROPERTY_NAMES } from './shape/values.ts';
import type { DestinationConfig, InputConfig, Template } from './types.ts';

/** Adds a problem for every property that is neither the record's own nor a group of a pattern that it may meet. */
export function refuseUnknownProperties(
  settings: Settings,
  inputs: readonly InputConfig[],
  destinations: readonly DestinationConfig[],
): void {
  // What does not compile has been told already.
  if (settings.problems.length > 0) return;
  const groups = new Map(inputs.map((input) => [input, groupsOf(input)]));
  const open = (input: InputConfig) => compilePattern(input.transform.pattern).anyField;
  const all = inputs.some(open) ? undefined : [...groups.values()].flat();
  for (const { name, record } of destinations) {
    const section = settings.headers.some((header) => header.kind === 'syslog' && header.name === name)
      ? name
      : undefined;
    judge(settings, ['syslog', section, 'template'], record.template, all);
    judge(settings, ['syslog', section, 'record_template'], record.recordTemplate, all);
  }
  for (const [input, own] of groups) {
    const section = input.named ? input.name : undefined;
    const names = open(input) ? undefined : own;
    for (const [key, template] of input.transform.fields) judge(settings, ['fields', section, key], template, names);
  }
}

function groupsOf({ transform }: InputConfig): string[] {
  return [...compilePattern(transform.pattern).groups.keys()].map((name) => name.toLowerCase());
}

function judge(
  settings: Settings,
  [kind, section, key]: readonly [kind: string, section: string | undefined, key: string],
  template: Template | undefined,
  groups: readonly string[] | undefined,
): void {
  // Lines that name their fields themselves may have any.
  if (groups === undefined) return;
  const given = find(settings, kind, section, key);
  for (const piece of template ?? []) {
    if (!given || typeof piece === 'string' || PROPERTY_NAMES.includes(piece.name) || groups.includes(piece.name))
      continue;
    const known = [...groups, ...PROPERTY_NAMES];
    const cure =
      didYouMean(piece.name, known, (near) => `%${near}%`) || ` There are ${[...new Set(known)].join(', ')}.`;
    const sentence = `${sectionText(kind, section)} ${key}: %${piece.name}% is neither a property nor a group of the pattern.${cure}`;
    settings.problems.push(problemAt(given.origin, sentence, 'config-value'));
  }
}
