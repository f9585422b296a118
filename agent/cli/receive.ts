import { type Command, durationOf } from './command.ts';

/** Ports that need no rights. */
const LISTEN = ['udp://127.0.0.1:5514', 'tcp://127.0.0.1:5514'] as const;

export const receiveCommand: Command = {
  name: 'receive',
  usage:
    'receive [--listen URL]... [--cert FILE --key FILE [--ca FILE]]\n  [--out FILE|sqlite:FILE] [--json]\n  [--verify [--from-first]] [--idle TIME]',
  summary: 'A small syslog server, for trials and proofs.',
  about: [
    'Receives syslog over UDP, TCP, TLS and RELP until Ctrl-C and writes one message a line. Both framings of a stream are told apart by ' +
      'themselves, and records that were sent in parts are joined.',
    'With --verify it adds up the identity element of every record (at, len, skip, after) and reports at the end for each ' +
      'file which bytes arrived, every gap and every repeat.',
  ],
  options: {
    listen: {
      kind: 'list',
      value: 'URL',
      meaning: `udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT, relp://HOST:PORT or relps://HOST:PORT; may be given several times, port 0 means any free one. Without it: ${LISTEN.join(' and ')}.`,
    },
    cert: { kind: 'value', value: 'FILE', meaning: 'For tls:// and relps://: PEM file with the own certificate.' },
    key: { kind: 'value', value: 'FILE', meaning: 'For tls:// and relps://: PEM file with the private key of --cert.' },
    ca: {
      kind: 'value',
      value: 'FILE',
      meaning:
        'For tls:// and relps://: PEM file with authorities. Every client must show a certificate that one of them signed.',
    },
    out: {
      kind: 'value',
      value: 'FILE',
      meaning:
        "Append to this file instead of standard output; - is standard output. sqlite:FILE: to a SQLite database, in rsyslog's table SystemEvents " +
        'with one column more, StructuredData.',
    },
    verify: {
      kind: 'flag',
      meaning: 'Report gaps and repeats at the end, and exit 1 when something is missing, dropped by policy or not.',
    },
    'from-first': {
      kind: 'flag',
      meaning: 'With --verify: do not count as missing what came before the first record seen of a file.',
    },
    idle: {
      kind: 'value',
      value: 'TIME',
      meaning: 'End by itself when something has come and then nothing for so long, e.g. 5s.',
    },
    json: {
      kind: 'flag',
      meaning: 'One JSON object a message with its fields (not into sqlite:), and the report as one too.',
    },
  },
  words: 0,
  examples: [
    ['tailship receive', 'In one terminal; then in another:'],
    ['TAILSHIP_SYSLOG_TARGET=tcp://127.0.0.1:5514 tailship --once', 'Ship to it.'],
    [
      'tailship receive --listen tcp://0.0.0.0:5514 --out got.log --verify --idle 10s',
      'Take a whole run and say whether it is complete.',
    ],
    ['tailship receive --out sqlite:got.db', 'Fill a database, to look at it with SQL.'],
  ],
  exits: [
    [0, 'Received; with --verify: nothing is missing.'],
    [
      1,
      'An address cannot be listened on, the output cannot be written, or --verify found something missing (what the sender says it dropped by policy is told apart, and counts).',
    ],
    [2, 'Wrong usage.'],
  ],
  next: 'This is a tool for trials and proofs. For a permanent collector use rsyslog or the like.',
  async run(given, io) {
    const { runReceive } = await import('../receive.ts');
    const listen = given.list('listen');
    const idle = given.value('idle');
    return runReceive(
      {
        listen: listen.length > 0 ? listen : LISTEN,
        out: given.value('out'),
        json: given.flag('json'),
        verify: given.flag('verify'),
        fromFirst: given.flag('from-first'),
        tls: { cert: given.value('cert'), key: given.value('key'), ca: given.value('ca') },
        idle: idle === undefined ? undefined : durationOf('idle', idle),
      },
      { stdout: io.stdout, stderr: io.stderr, stop: io.stop },
    );
  },
};
