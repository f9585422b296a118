/** Redaction: what must not leave the host is replaced in the line itself, before anything else sees it. */
import { createHmac } from 'node:crypto';
import type { RedactConfig, RedactRule } from '../types.ts';
import { fromPython } from './groups.ts';
import { isLinear } from './linear.ts';

export type Redactor = {
  /** The line with its secrets replaced. Its characters are text; or bytes of UTF-8, where it is `bytewise` or they are all ASCII. */
  redact(line: string): string;
  /** True where it makes no difference whether characters or bytes are seen. */
  readonly bytewise: boolean;
  /** Secrets replaced so far. */
  count(): number;
};

type Ready = {
  readonly source: string;
  /** What of a match is the secret, if any of it is. */
  readonly find?: (text: string) => string | undefined;
  /** What of it is hashed, so that one secret has one hash however it is written. */
  readonly plain?: (text: string) => string;
};

/** Only this group of a match is replaced, where an expression has it. */
const SECRET = 'secret';
const NO_DIGITS = /[^0-9]/g;
const HASH_DIGITS = 16;

/**
 * Everything in them is ASCII and bounded, so they see bytes as they see text, and no line is slow. They go in this order: what
 * stands before the @ of a URL may look like an e-mail address.
 */
const READY = {
  /** Payment card numbers (ISO/IEC 7812-1): 13 to 19 digits, perhaps in groups, whose last is the check digit. */
  card: {
    source: '\\b[0-9](?:[ -]?[0-9]){12,40}\\b',
    find: findCardNumber,
    plain: (text: string) => text.replace(NO_DIGITS, ''),
  },
  /** Credentials of an Authorization header (RFC 9110 section 11.4). */
  bearer: { source: '\\b(?:[Bb]earer|BEARER|[Bb]asic|BASIC)[ \\t]{1,8}(?<secret>[A-Za-z0-9._~+/-]{6,}=*)' },
  /** The password in the user information of a URL (RFC 3986 section 3.2.1). */
  url_password: { source: '\\b[A-Za-z][A-Za-z0-9+.-]{0,30}://[!-.0-9;-?A-~]{0,128}:(?<secret>[!-.0-?A-~]{1,256})@' },
  email: { source: '[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\\.[A-Za-z0-9-]{1,63}){1,8}' },
} as const satisfies Readonly<Record<string, Ready>>;

export const READY_REDACTIONS: readonly string[] = Object.keys(READY);

type Rule = Ready & { readonly regex: RegExp };

/** Undefined where nothing is to be redacted. */
export function createRedactor({ rules, hashKey }: RedactConfig): Redactor | undefined {
  const active = [...rules].filter(([, rule]) => rule !== 'off');
  if (active.length === 0) return undefined;
  const compiled = active.map(([name, rule]) => compile(name, rule));
  let count = 0;

  /** Of bytes a secret is ASCII, so that it is the same as text. */
  function standIn(secret: string, { plain }: Rule): string {
    if (hashKey === undefined) return '***';
    const text = plain ? plain(secret) : secret;
    const hash = createHmac('sha256', hashKey).update(text, 'utf8').digest('hex');
    return `***${hash.slice(0, HASH_DIGITS)}`;
  }

  function replace(match: string, groups: Groups | undefined, rule: Rule): string {
    const secret = groups && SECRET in groups ? groups[SECRET] : rule.find ? rule.find(match) : match;
    if (!secret) return match;
    count += 1;
    // Wherever else in the match the same text stands it goes too: that hides too much at the most, and never too little.
    return match.replaceAll(secret, () => standIn(secret, rule));
  }

  return {
    bytewise: active.every(([, rule]) => rule === 'ready'),
    redact(line) {
      let text = line;
      for (const rule of compiled) {
        text = text.replace(rule.regex, (match: string, ...rest: unknown[]) => {
          const groups = rest.at(-1);
          return replace(match, typeof groups === 'object' ? (groups as Groups) : undefined, rule);
        });
      }
      return text;
    },
    count: () => count,
  };
}

type Groups = Readonly<Record<string, string | undefined>>;

function compile(name: string, rule: RedactRule): Rule {
  if (typeof rule === 'object') return { source: rule.regex, regex: new RegExp(rule.regex, 'gs') };
  const ready: Ready = READY[name as keyof typeof READY];
  return { ...ready, regex: new RegExp(ready.source, 'g') };
}

/** The first card number that begins and ends where a group of digits does: other numbers may stand right beside it. */
function findCardNumber(text: string): string | undefined {
  const groups = [...text.matchAll(/[0-9]+/g)];
  for (const [i, first] of groups.entries()) {
    for (const last of groups.slice(i)) {
      const candidate = text.slice(first.index, last.index + last[0].length);
      if (isCardNumber(candidate.replace(NO_DIGITS, ''))) return candidate;
    }
  }
  return undefined;
}

/** By the first digit, the length, and the check digit of ISO/IEC 7812-1 annex B (Luhn). */
function isCardNumber(digits: string): boolean {
  if (!/^[2-6][0-9]{12,18}$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/**
 * Reads a rule: `on` where there is a ready one, `off`, or a regular expression. Throws an Error with a sentence. An expression that may
 * not run in linear time is refused, since a redaction that is given up would be a leak.
 */
export function readRedaction(text: string, ready: boolean): RedactRule {
  if (text === 'off') return 'off';
  if (text === 'on' && ready) return 'ready';
  if (text === 'on')
    throw new Error(
      `there is no ready one of that name, only ${READY_REDACTIONS.join(', ')}. Write a regex in single quotes`,
    );
  if (/^\w*$/.test(text)) {
    throw new Error(
      `'${text}' is neither on, off nor a regex, which needs single quotes, such as 'token=(?<secret>[^ ]+)'`,
    );
  }
  const source = fromPython(text);
  let linear: boolean;
  try {
    linear = isLinear(source, 's');
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(error.message.lastIndexOf(': ') + 2) : String(error);
    throw new Error(`'${text}' does not compile: ${reason}`);
  }
  if (!linear) {
    throw new Error(
      `'${text}' may take for ever on some lines, and a redaction cannot be given up. Do without lookaround, back-references and counts such as {1,20}`,
    );
  }
  if (new RegExp(source, 's').test('')) {
    throw new Error(`'${text}' matches nothing at all everywhere. Let it match at least one character`);
  }
  return { regex: source };
}
