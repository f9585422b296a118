import fs from 'node:fs';

/** Whether what is written to `fd` goes to journald: it says in JOURNAL_STREAM which device and inode it has made (systemd.exec(5)). */
export function isJournal(env: NodeJS.ProcessEnv, fd: number): boolean {
  if (!env.JOURNAL_STREAM) return false;
  try {
    const { dev, ino } = fs.fstatSync(fd, { bigint: true });
    return env.JOURNAL_STREAM === `${dev}:${ino}`;
  } catch {
    return false;
  }
}
