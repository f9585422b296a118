/** A batch of messages read back as an operator wants to see it: `tailship try`. */
import type { Batch, RecordConfig } from './types.ts';
import { readIdentity } from './wire/identity.ts';
import { priorityText, readPri } from './wire/priority.ts';
import { readRfc5424 } from './wire/rfc5424.ts';

/** One message as it would be sent. */
export type TriedMessage = {
  readonly pri: number;
  /** `user.info` */
  readonly priority: string;
  /** Bytes, without framing. */
  readonly bytes: number;
  /** `2/3` for a part of a record that is too large for one message. */
  readonly part: string | undefined;
  readonly message: string;
};

export function messagesOf(batch: Batch, format: RecordConfig['format']): TriedMessage[] {
  const messages: TriedMessage[] = [];
  let start = 0;
  for (const end of batch.ends) {
    const message = batch.payload.toString('utf8', start, end);
    const pri = readPri(message)?.pri ?? 0;
    const part = format === 'rfc5424' ? partOfElement(message) : partOfJson(message);
    messages.push({ pri, priority: priorityText(pri), bytes: end - start, part, message });
    start = end + 1;
  }
  return messages;
}

/** How many messages of each PRI a batch holds, and its largest message in bytes. Reads no more than the first bytes of each. */
export function countMessages(batch: Batch, priorities: Map<number, number>): { messages: number; largest: number } {
  let largest = 0;
  let start = 0;
  for (const end of batch.ends) {
    const pri = readPri(batch.payload.toString('latin1', start, start + 5))?.pri ?? 0;
    priorities.set(pri, (priorities.get(pri) ?? 0) + 1);
    largest = Math.max(largest, end - start);
    start = end + 1;
  }
  return { messages: batch.ends.length, largest };
}

function partOfElement(message: string): string | undefined {
  for (const element of readRfc5424(message)?.sd ?? []) {
    const part = readIdentity(element)?.part;
    if (part) return `${part.n}/${part.of}`;
  }
  return undefined;
}

function partOfJson(message: string): string | undefined {
  try {
    const json = JSON.parse(message.slice(message.indexOf('{'))) as { readonly PART?: unknown };
    return typeof json.PART === 'string' ? json.PART : undefined;
  } catch {
    return undefined;
  }
}
