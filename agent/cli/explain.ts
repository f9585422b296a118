import { didYouMean } from '../nearest.ts';
import { CODE_GROUPS, CODES, type Code, type Explanation } from '../wire/codes.ts';
import { wrap } from '../wire/wrap.ts';
import { type Command, UsageProblem } from './command.ts';
import { EXIT } from './io.ts';

const WIDTH = 80;

export const explainCommand: Command = {
  name: 'explain',
  usage: 'explain [--json] [CODE]',
  summary: 'Say what a code means and what to do.',
  about: [
    'Every warning and error carries a code: in the log behind the sentence, as in [server-away], and in JSON as "code". ' +
      'This says what it means, what is at risk, and what to do. Without a code it lists them all.',
  ],
  options: { json: { kind: 'flag', meaning: 'The same as one JSON object, for machines.' } },
  words: 1,
  examples: [
    ['tailship explain spool-full', 'What does [spool-full] mean, and what is to be done?'],
    ['tailship explain', 'All codes, a line each.'],
  ],
  exits: [
    [0, 'The code was explained.'],
    [2, 'There is no such code.'],
  ],
  next: "How the agent is doing: 'tailship status'. Whether host and servers are ready: 'tailship check --connect'.",
  async run(given, io) {
    const [word] = given.words;
    const codes = word === undefined ? (Object.keys(CODES) as Code[]) : [codeOf(word)];
    if (given.flag('json')) {
      io.stdout.write(`${JSON.stringify(Object.fromEntries(codes.map((code) => [code, CODES[code]])))}\n`);
    } else io.stdout.write(word === undefined ? renderList() : renderCode(codes[0]!));
    return EXIT.fine;
  },
};

/** Takes it as it is copied from a log: with brackets, and in any case. */
function codeOf(word: string): Code {
  const code = word.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (Object.hasOwn(CODES, code)) return code as Code;
  const near = didYouMean(code, Object.keys(CODES), (name) => `'tailship explain ${name}'`);
  throw new UsageProblem(`'${word}' is no code of tailship.${near || " 'tailship explain' lists them all."}`);
}

function renderCode(code: Code): string {
  const { meaning, risk, cure }: Explanation = CODES[code];
  return `${[code, part('What it means', meaning), part('What is at risk', risk), part('What to do', cure)].join('\n\n')}\n`;
}

function part(title: string, text: string): string {
  return `${title}:\n${indented(text, 2)}`;
}

function renderList(): string {
  const groups = Object.entries(CODE_GROUPS).map(([title, codes]) => {
    const list = Object.entries(codes).map(([code, { meaning }]) => `  ${code}\n${indented(meaning, 6)}`);
    return `${title}:\n${list.join('\n')}`;
  });
  return `${groups.join('\n\n')}\n`;
}

function indented(text: string, by: number): string {
  return wrap(text, WIDTH - by)
    .map((line) => ' '.repeat(by) + line)
    .join('\n');
}
