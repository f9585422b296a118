/** The keys of `[status]` and `[log]`, what the agent tells about itself, and of `[agent]`, how it takes orders. */
import * as z from 'zod/mini';
import type { Options } from '../types.ts';
import { parseDuration } from '../wire/units.ts';
import { parseListen } from './listen.ts';

export const statusOptions = {
  listen: {
    default: 'off',
    meaning: 'Where the HTTP page, metrics and health are served: PORT (on loopback), HOST:PORT, or off.',
    schema: z.pipe(
      z.string().check(z.minLength(1, 'there is no address. Write a port, HOST:PORT, or off')),
      z.transform((text: string) => parseListen(text)),
    ),
  },
  token: {
    default: 'none',
    meaning:
      'A secret that the HTTP page asks for. Other hosts are only served with one, or where none is written out.',
    schema: z.pipe(
      z
        .string()
        .check(
          z.regex(
            /^(none|[\x21-\x7e]{8,})$/,
            'a token is 8 printable ASCII characters at least, without blanks. Write one, or none',
          ),
        ),
      z.transform((text: string) => (text === 'none' ? undefined : text)),
    ),
  },
  health_after: {
    default: '60s',
    meaning: 'Unhealthy is data that waits while nothing is settled for so long.',
    schema: z
      .transform((text: string) => parseDuration(text))
      .check(z.refine((ms) => ms >= 5_000, 'anything below 5s would call a moment unhealthy. Write 5s or more')),
  },
} as const satisfies Options;

export const logOptions = {
  level: {
    default: 'info',
    meaning: 'The least that the agent logs about itself: debug, info, warn or error.',
    schema: z.enum(['debug', 'info', 'warn', 'error']),
  },
} as const satisfies Options;

export const agentOptions = {
  reload: {
    default: 'signal',
    meaning:
      'When the configuration is read again: at SIGHUP (signal), or besides when its file has changed and was quiet for two seconds (change). A wrong one leaves the old one running.',
    schema: z.enum(['signal', 'change']),
  },
} as const satisfies Options;
