/** What can be wrong with a configuration. The agent does not start with it, and one that runs goes on with what it has. */
const RISK = 'The agent does not start with it. One that runs goes on with what it has, and ships on.';

export const MISTAKE_CODES = {
  'config-file': {
    meaning:
      'The configuration, or a file that it names for TLS, is absent, may not be read by this user, or holds something else.',
    risk: RISK,
    cure: "Correct the path, or give the user that runs tailship (the package's unit: tailship) the right to read it. A relative path counts from the folder of the configuration.",
  },
  'config-line': {
    meaning:
      'A line of the configuration is neither a [section], nor a comment, nor KEY = VALUE; or it holds bytes that no text has.',
    risk: RISK,
    cure: 'Comments begin with ; or #. A value stands on one line. Save the file as UTF-8; what only looks like a blank comes in with text that was copied from a web page.',
  },
  'config-quotes': {
    meaning:
      'It cannot be told where a value ends: a quote is not closed, or ; or # may be a part of it or begin a comment.',
    risk: RISK,
    cure: 'Put the whole value in single quotes; between them every character stands for itself, and only the last quote of the line ends it. For a value with single quotes in it take double ones.',
  },
  'config-section': {
    meaning: 'The configuration has a section that tailship does not know, or one for an input that is not there.',
    risk: RISK,
    cure: 'Every section stands in docs/configuration.md and config.conf.example. [transform.NAME], [levels.NAME] and the like belong to an [input.NAME] of the same name.',
  },
  'config-key': {
    meaning: 'A section has a key that it does not know: a slip, or one that belongs to another section.',
    risk: RISK,
    cure: "The sentence has the nearest known name. Every key stands in docs/configuration.md; 'tailship check --values' shows those of your configuration with their values.",
  },
  'config-twice': {
    meaning:
      'A section, a key or the path of an input stands in the configuration twice, so that one of the two would not hold.',
    risk: RISK,
    cure: 'Remove one. A list is written as KEY[] = VALUE on each of its lines; further inputs and destinations are [input.NAME] and [syslog.NAME].',
  },
  'config-value': {
    meaning: 'A key has a value that it cannot take. The sentence says what it takes.',
    risk: RISK,
    cure: 'Sizes take KiB MiB GiB kB MB GB, times ms s m h d. A pattern with ; # or quotes in it stands in single quotes.',
  },
  'config-variable': {
    meaning: 'An environment variable begins with TAILSHIP_ and is no setting, or may mean two, or two mean the same.',
    risk: RISK,
    cure: 'Settings are TAILSHIP_SECTION_KEY, and TAILSHIP_SECTION__NAME__KEY for a named section. Unset the others; in a unit or a container look at Environment=, EnvironmentFile= and env.',
  },
  'config-wrong': {
    meaning: 'Every line of the configuration can be read, and what they say together does not fit.',
    risk: RISK,
    cure: "The sentence names the keys and what would be right. Correct one of them, then 'tailship check' again.",
  },
} as const;
