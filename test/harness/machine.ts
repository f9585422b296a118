/**
 * A machine as far as systemd can tell: a root of its own in namespaces (mounts, processes, control groups, name, IPC; not the network,
 * so that a server of the test is on its loopback), with systemd as process 1. It needs root, and a cgroup2 that may be written to.
 */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { start } from './processes.ts';
import type { Scene } from './temp.ts';
import { until } from './wait.ts';

const call = promisify(execFile);

export type Machine = {
  /** Runs a command in it and gives what it said on stdout and stderr, whatever its exit code. */
  run(...words: string[]): Promise<string>;
};

/** As process 1 of the new namespaces: the file systems that systemd expects of a container (CONTAINER_INTERFACE), then systemd. */
const BOOT = `
set -e
cd "$1"
mount --make-rprivate /
mount --bind . .
cd "$1"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do touch dev/$device; mount --bind /dev/$device dev/$device; done
mkdir dev/pts dev/shm old
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
pivot_root . old
umount -l /old
rmdir /old
exec env -i container=tailship PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --show-status=no
`;

/** Boots the system in the folder `root`, and ends it with the scene. */
export async function bootMachine(scene: Scene, root: string): Promise<Machine> {
  const group = path.join(cgroup2()!, `tailship-${process.pid}`);
  fs.mkdirSync(group);
  scene.atEnd(async () => void (await until('the control groups are gone', () => removed(group))));
  const flags = ['--mount', '--pid', '--fork', '--cgroup', '--uts', '--ipc'];
  // Whoever makes a cgroup namespace sees the group that it is in as the top one.
  const enter = `echo $$ >"$0/cgroup.procs" && exec unshare ${flags.join(' ')} bash -c "$2" bash "$1"`;
  const outer = start(scene, 'bash', ['-c', enter, group, root, BOOT]);
  const told = () => outer.stdout() + outer.stderr();
  const first = await until('process 1 is systemd', () => systemdUnder(outer.pid), { told });
  // systemd obeys no signal that would end another program. With it ends all that is in its namespace.
  scene.atEnd(() => void process.kill(first, 'SIGKILL'));
  const run = async (...words: string[]) => {
    const inside = [
      '--target',
      String(first),
      '--all',
      '--',
      'env',
      '-i',
      'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
      'LC_ALL=C',
    ];
    const { stdout, stderr } = await call('nsenter', [...inside, ...words]).catch((failed) => failed);
    return `${stdout}${stderr}`;
  };
  await until('it has booted', async () => /^(running|degraded)/.test(await run('systemctl', 'is-system-running')), {
    told,
  });
  return { run };
}

/** For a test's options: skips it where such a machine cannot be had. */
export function needsMachine(): { skip: string } | { skip: false } {
  const top = cgroup2();
  if (process.getuid?.() !== 0) return { skip: 'a machine of its own takes root' };
  if (top === undefined) return { skip: 'there is no cgroup2' };
  const probe = path.join(top, `tailship-probe-${process.pid}`);
  try {
    fs.mkdirSync(probe);
    fs.rmdirSync(probe);
    return { skip: false };
  } catch (problem) {
    return { skip: `no control group can be made: ${problem instanceof Error ? problem.message : problem}` };
  }
}

/** Where the unified hierarchy is mounted. */
function cgroup2(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  return /^\S+ (\S+) cgroup2 /m.exec(fs.readFileSync('/proc/self/mounts', 'utf8'))?.[1];
}

function systemdUnder(pid: number): number | undefined {
  try {
    const [child] = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number);
    return child && fs.readFileSync(`/proc/${child}/comm`, 'utf8') === 'systemd\n' ? child : undefined;
  } catch {
    return undefined; // It is not there yet.
  }
}

/** A group goes when its processes have gone, the inner ones first. */
function removed(group: string): boolean {
  try {
    for (const entry of fs.readdirSync(group, { withFileTypes: true, recursive: true }).reverse())
      if (entry.isDirectory()) fs.rmdirSync(path.join(entry.parentPath, entry.name));
    fs.rmdirSync(group);
  } catch {
    return !fs.existsSync(group);
  }
  return true;
}
