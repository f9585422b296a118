import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ENGLISH =
  'order accepted stored queue worker request finished timeout retry user session cache index shard table commit'.split(
    ' ',
  );
const CHINESE = '订单 已提交 完成 用户 缓存 失败 重试 节点 数据 队列'.split(' ');
const LEVELS = ['INFO', 'INFO', 'INFO', 'INFO', 'DEBUG', 'DEBUG', 'WARN', 'ERROR'];
const OWNERS = ['app', 'ecms', 'ecms_troubleshoot', 'scheduler'];

/**
 * The file that is shipped: lines in the layout of the old script's logs, about 165 bytes each, one word in ten Chinese and one
 * line in a hundred in no known layout. The same on every machine. It is made once and kept in the system's temporary folder.
 */
export function corpus(lines: number): string {
  const file = path.join(os.tmpdir(), `tailship-corpus-${lines}.log`);
  const made = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (made > fs.statSync(import.meta.filename).mtimeMs) return file;
  const fd = fs.openSync(`${file}.part`, 'w');
  const random = numbers();
  for (let n = 0; n < lines; ) {
    let block = '';
    for (const end = Math.min(lines, n + 5_000); n < end; n++) block += `${line(n, random)}\n`;
    fs.writeSync(fd, block);
  }
  fs.closeSync(fd);
  fs.renameSync(`${file}.part`, file);
  return file;
}

function line(n: number, random: () => number): string {
  const words: string[] = [];
  for (let length = 0; length < 104; ) {
    const word = pick(random() < 0.1 ? CHINESE : ENGLISH, random);
    words.push(word);
    length += Buffer.byteLength(word) + 1;
  }
  if (n % 100 === 99) return `    at handler.${words.join('.')} (line ${n})`;
  const two = (value: number) => String(value % 60).padStart(2, '0');
  const time = `Jul ${String(1 + Math.floor(n / 86_400)).padStart(2)} ${two(Math.floor(n / 3_600) % 24)}:${two(Math.floor(n / 60))}:${two(n)}`;
  return `${time} web01 ${pick(OWNERS, random)}: [${4000 + (n % 17)}][${pick(LEVELS, random)}] [T${n % 64}] ${n} ${words.join(' ')}`;
}

function pick(list: readonly string[], random: () => number): string {
  return list[Math.floor(random() * list.length)] ?? '';
}

/** Evenly spread numbers from 0 up to 1, the same ones every time (a linear congruential generator). */
function numbers(): () => number {
  let state = 20_260_715;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
