import fs from 'node:fs';
import path from 'node:path';
import { realFiles } from '../../agent/tail/files.ts';
import { until } from '../harness/wait.ts';

/** Until a file that is created now is born later than all before: file systems tell births by ticks of the kernel's clock. */
export async function tick(folder: string): Promise<void> {
  const probe = path.join(folder, 'probe');
  const born = (): number => {
    fs.writeFileSync(probe, '');
    const { birth } = realFiles.stat(probe)!;
    fs.unlinkSync(probe);
    return birth;
  };
  const before = born();
  await until('the clock of the file system ticks', () => born() > before);
}
