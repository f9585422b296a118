/**
 * Writes what is written from tables: docs/configuration.md from the sections' options, docs/codes.md from the codes,
 * packaging/tailship.1 from the commands. With --check it writes nothing, and ends with 1 where a file is not current.
 */
import fs from 'node:fs';
import path from 'node:path';
import { COMMANDS } from '../agent/cli/commands.ts';
import { sections } from '../agent/sections.ts';
import { CODE_GROUPS } from '../agent/wire/codes.ts';
import { manPage } from './man.ts';

const root = path.resolve(import.meta.dirname, '..');

const FAMILIES: Readonly<Record<string, string>> = {
  input: 'Several: `[NAME.WEB]` holds for `[input.WEB]`, and `[NAME]` for all inputs.',
  syslog: 'Several: `[syslog.NAME]`, each a destination of its own; `[syslog]` holds what they have in common.',
};

/** All files that this script writes, by path. */
export function generated(): Readonly<Record<string, string>> {
  return {
    'docs/configuration.md': configuration(),
    'docs/codes.md': codes(),
    'packaging/tailship.1': manPage(COMMANDS),
  };
}

type Section = {
  readonly family?: string;
  readonly options: Readonly<Record<string, { readonly default: string; readonly meaning: string }>>;
  readonly any?: { readonly meaning: string };
};

function configuration(): string {
  const parts = Object.entries<Section>(sections as unknown as Record<string, Section>).map(([name, section]) => {
    const family =
      section.family === undefined
        ? ''
        : (FAMILIES[section.family] ?? '').replaceAll('NAME.WEB', `${name}.WEB`).replaceAll('[NAME]', `[${name}]`);
    const rows = Object.entries(section.options)
      .filter(() => !WORDS.has(name))
      .map(([key, { default: value, meaning }]) => `| \`${key}\` | ${shown(value)} | ${cell(meaning)} |`);
    const words = WORDS.has(name) ? wordsText(section) : '';
    const any = section.any === undefined ? '' : `${section.any.meaning}\n\n`;
    const table = rows.length === 0 ? '' : `| key | default | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
    return `## [${name}]\n\n${family === '' ? '' : `${family}\n\n`}${any}${words}${table}`.trimEnd();
  });
  return `${HEAD}\n\n${parts.join('\n\n')}\n`;
}

/** Sections whose keys are the operator's own words. */
const WORDS = new Set(['levels', 'owners']);

function wordsText({ options }: Section): string {
  const list = Object.entries(options).map(([word, { default: value }]) => `\`${word} = ${value}\``);
  return `Built in: ${list.join(', ')}.\n\n`;
}

const HEAD = `# Configuration

<!-- Written by scripts/docs.ts from the tables in agent/: change those. -->

Every key is optional, and an empty file is a safe configuration that drops nothing. tailship looks for \`./config.conf\`, then for
\`/etc/tailship/config.conf\`; \`-c FILE\` names another. \`tailship check\` says what is wrong with it, all at once and by line;
\`tailship check --values\` shows every value in effect and where it comes from. [config.conf.example](../config.conf.example) is this
page as a file to copy, and says how values are written.

Sizes take \`KiB MiB GiB kB MB GB\`, times \`ms s m h d\`. A regular expression goes in single quotes. The environment comes before the
file: \`TAILSHIP_SYSLOG_TARGET\` sets \`target\` in \`[syslog]\`, \`TAILSHIP_INPUT__WEB__PATH\` sets \`path\` in \`[input.web]\`.`;

function codes(): string {
  const parts = Object.entries(CODE_GROUPS).map(([title, group]) => {
    const list = Object.entries(group).map(
      ([code, { meaning, risk, cure }]) => `### ${code}\n\n${meaning}\n\n- At risk: ${risk}\n- To do: ${cure}`,
    );
    return `## ${title}\n\n${list.join('\n\n')}`;
  });
  return `# Codes\n\n<!-- Written by scripts/docs.ts from agent/wire/codes*.ts: change those. -->\n\nEvery warning and error of the agent and every finding of \`tailship check\` carries a code. \`tailship explain CODE\` says the same as this\npage.\n\n${parts.join('\n\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}

function shown(value: string): string {
  return value === '' ? '' : `\`${value.replaceAll('|', '\\|')}\``;
}

if (process.argv[1] === import.meta.filename) {
  const check = process.argv.includes('--check');
  for (const [file, text] of Object.entries(generated())) {
    const at = path.join(root, file);
    if (fs.existsSync(at) && fs.readFileSync(at, 'utf8') === text) continue;
    if (check) {
      process.stderr.write(`${file} is not current: run node scripts/docs.ts\n`);
      process.exitCode = 1;
    } else {
      fs.writeFileSync(at, text);
      process.stdout.write(`${file}\n`);
    }
  }
}
