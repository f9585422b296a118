/** The keys of `[status]` and `[log]`: what the agent tells about itself. */
import { z } from 'zod';
import type { Options } from '../types.ts';
import { parseDuration } from '../wire/units.ts';

const NO_PAGE = 'There is no HTTP page; tailship status asks the running agent over its control socket.';

export const statusOptions = {
  listen: {
    default: 'off',
    meaning: 'HOST:PORT of the HTTP page with metrics and health, or off.',
    schema: z.string().min(1, 'there is no address. Write HOST:PORT or off'),
    later: NO_PAGE,
  },
  token: {
    default: 'none',
    meaning: 'A secret that the HTTP page asks for, or none.',
    schema: z.string().min(1, 'there is no token. Write one, or none'),
    later: NO_PAGE,
  },
  health_after: {
    default: '60s',
    meaning: 'Unhealthy is data that waits while nothing is settled for so long.',
    schema: z.string().transform((text) => parseDuration(text)),
    later: NO_PAGE,
  },
} as const satisfies Options;

export const logOptions = {
  level: {
    default: 'info',
    meaning: 'The least that the agent logs about itself: debug, info, warn or error.',
    schema: z.enum(['debug', 'info', 'warn', 'error']),
  },
} as const satisfies Options;
