/** The way to systemd: its own program systemd-notify, for Node has no unix datagram sockets. */
import process from 'node:process';

/** How long one message may take, ms. systemd-notify waits until systemd has taken it, for 5 s at most. */
const WITHIN = 10_000;

/**
 * Brings assignments such as `READY=1` to whoever listens on NOTIFY_SOCKET. The unit has to accept them from a process other than
 * its main one (NotifyAccess=all). Rejects with the reason in words.
 */
export function notifySystemd(assignments: readonly string[]): Promise<void> {
  // Only asked for here: a megabyte for nothing where no service manager is.
  const { execFile } = process.getBuiltinModule('node:child_process');
  return new Promise((resolve, reject) => {
    execFile('systemd-notify', assignments, { timeout: WITHIN }, (problem, _stdout, stderr) => {
      if (!problem) resolve();
      else if (problem.code === 'ENOENT') reject(new Error('there is no program systemd-notify'));
      else reject(new Error(`systemd-notify failed (${stderr.trim().split('\n').at(-1) || problem.message})`));
    });
  });
}
