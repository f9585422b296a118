/** What the tests of this room share: a status of an agent in the middle of a drain. */
import type { Ledger, Status } from '../../agent/ops/status.ts';
import { NOON } from '../harness/clock.ts';

const count = (lines: number) => ({ lines, bytes: lines * 100 });

export const LEDGER: Ledger = {
  read: count(12_345),
  acked: count(11_000),
  spool: count(1_204),
  underway: count(100),
  filtered: count(21),
  dropped: { unmatched: count(20) },
  repeated: count(7),
};

export const DRAINING: Status = {
  agent: {
    version: '1.2.3',
    pid: 4711,
    started: NOON - 11_520_000,
    now: NOON,
    config: '/etc/tailship/config.conf',
    memory: 96 * 2 ** 20,
    cpu: 12_500,
  },
  health: { state: 'healthy', reasons: [] },
  disk: { used: 2 ** 20, limit: 2 ** 30 },
  destinations: [
    {
      name: 'syslog',
      state: 'draining',
      link: {
        state: 'up',
        target: 'tcp://logs.example.com:514',
        level: 'flushed',
        since: NOON - 12_000,
        nextTry: undefined,
        problem: undefined,
        servers: [],
      },
      rate: count(400),
      disk: undefined,
      full: false,
      ledger: LEDGER,
      sent: 12_107,
      sentAgain: 7,
      refused: 3,
      setAside: { rows: 2, lines: 3, bytes: 300 },
      drained: 3_010,
      underway: count(100),
      spool: { rows: 12, lines: 1_204, bytes: 123_456, oldest: NOON - 252_000 },
      inputs: [
        {
          name: 'input',
          paths: ['/var/log/app/app.log'],
          ledger: LEDGER,
          rate: count(10),
          behind: 65_536,
          oldest: NOON - 5_000,
          shaped: { unmatched: 4, invalidUtf8: 1, unreadableTimes: 2, cut: 0, overruns: 0, setAside: false, ms: 12 },
          files: [
            {
              path: '/var/log/app/app.log-20261122',
              chain: '/var/log/app/app.log',
              gen: 'a1b2c3d4e5f6g7h8',
              state: 'renamed',
              size: 2_000_000,
              read: 2_000_000,
              settled: 2_000_000,
              behind: 0,
              modified: undefined,
              oldest: undefined,
              rate: 0,
              note: undefined,
            },
            {
              path: '/var/log/app/app.log',
              chain: '/var/log/app/app.log',
              gen: 'b1b2c3d4e5f6g7h8',
              state: 'live',
              size: 131_072,
              read: 65_536,
              settled: 65_536,
              behind: 65_536,
              modified: NOON - 1_000,
              oldest: NOON - 5_000,
              rate: 40_000,
              note: 'created after a rotation',
            },
          ],
        },
      ],
    },
  ],
  orphaned: [],
  lost: [{ input: 'input', cause: 'truncated', bytes: 512 }],
  errors: [{ at: NOON - 60_000, level: 'warn', code: 'server-away', sentence: 'The server is away.', times: 3 }],
};
