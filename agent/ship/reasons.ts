/** Why a connection failed, in words. Each reads on after a colon, without a full stop. */

const REASONS = {
  ECONNREFUSED: 'connection refused, nothing listens there',
  ECONNRESET: 'the server reset the connection',
  EPIPE: 'the server closed the connection',
  ECONNABORTED: 'the connection was aborted',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no route to the host',
  EHOSTDOWN: 'the host is down',
  ENETUNREACH: 'the network is unreachable',
  ENETDOWN: 'the network is down',
  EADDRNOTAVAIL: 'no local address or port is left to connect from',
  EAFNOSUPPORT: 'this machine does not speak that version of IP',
  EACCES: 'not permitted, a firewall rule of this machine may forbid it',
  EPERM: 'not permitted, a firewall rule of this machine may forbid it',
  EMFILE: 'too many open files, raise the limit (LimitNOFILE)',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name cannot be looked up now, the name server does not answer',
} as const;

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  return code !== undefined && isKnown(code) ? REASONS[code] : error.message || (code ?? 'unknown error');
}

/** The code of a system error, such as ECONNREFUSED. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function isKnown(code: string): code is keyof typeof REASONS {
  return Object.hasOwn(REASONS, code);
}
