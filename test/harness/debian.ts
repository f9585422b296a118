/** A Debian of the test's own, with nothing but its base, systemd and what the package needs. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { programPath } from './processes.ts';

const call = promisify(execFile);

/** Makes it in `folder`. MINBASE_ROOT: the folder of one that is there already, which is copied. */
export async function makeDebian(folder: string): Promise<void> {
  const ready = process.env.MINBASE_ROOT;
  if (ready !== undefined) return void (await call('cp', ['-a', ready, folder]));
  const suite = /^VERSION_CODENAME=(\S+)/m.exec(fs.readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'stable';
  const make = () =>
    call(programPath('debootstrap')!, ['--variant=minbase', '--include=libatomic1,systemd', suite, folder], {
      maxBuffer: 2 ** 26,
    });
  try {
    await make();
  } catch {
    // A mirror may fail once. What a failed debootstrap leaves mounted would outlive the test.
    await call('umount', [path.join(folder, 'proc')]).catch(() => {});
    fs.rmSync(folder, { recursive: true, force: true });
    await make();
  }
}
