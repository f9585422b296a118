/** Two hosts of the test's own, joined by a cable that can be pulled: network namespaces and a veth pair (iproute2, Linux, root). */
import { execFileSync } from 'node:child_process';
import { programPath } from './processes.ts';
import type { Scene } from './temp.ts';

export type Network = {
  /** Where the server listens. */
  readonly address: string;
  /** A command line that runs at the agent's end, or at the server's. */
  at(end: 'agent' | 'server', command: string, args: readonly string[]): readonly [string, readonly string[]];
  /** Pulls the cable, and puts it back. Nobody is told: what is sent meanwhile is swallowed. */
  pull(): void;
  plug(): void;
  /** The largest packet that the cable takes, in bytes. */
  limit(mtu: number): void;
  /** What both directions suffer, in the words of tc-netem(8). */
  impair(words: string): void;
};

const ADDRESS = { agent: '192.0.2.1', server: '192.0.2.2' } as const;
const IP = programPath('ip') ?? 'ip';
let made = 0;

export function createNetwork(scene: Scene): Network {
  made += 1;
  const name = (end: string) => `tailship-${process.pid}-${made}-${end}`;
  const [agent, server] = [name('agent'), name('server')];
  for (const namespace of [agent, server]) {
    ip('netns', 'add', namespace);
    scene.atEnd(() => ip('netns', 'delete', namespace));
  }
  ip('-n', agent, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', server);
  for (const [namespace, address] of [
    [agent, ADDRESS.agent],
    [server, ADDRESS.server],
  ] as const) {
    ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'cable');
    for (const device of ['lo', 'cable']) ip('-n', namespace, 'link', 'set', device, 'up');
  }
  return {
    address: ADDRESS.server,
    at: (end, command, args) => [IP, ['netns', 'exec', end === 'agent' ? agent : server, command, ...args]],
    pull: () => ip('-n', server, 'link', 'set', 'cable', 'down'),
    plug: () => ip('-n', server, 'link', 'set', 'cable', 'up'),
    limit(mtu) {
      for (const namespace of [agent, server]) ip('-n', namespace, 'link', 'set', 'cable', 'mtu', String(mtu));
    },
    impair(words) {
      for (const namespace of [agent, server])
        ip('netns', 'exec', namespace, 'tc', 'qdisc', 'add', 'dev', 'cable', 'root', 'netem', ...words.split(' '));
    },
  };
}

/** For a test's options: skips it where this machine cannot have such a network, or its kernel cannot impair one. */
export function needsNetwork(impaired = false): { skip: string } | { skip: false } {
  const namespace = `tailship-${process.pid}-probe`;
  try {
    ip('netns', 'add', namespace);
  } catch {
    return { skip: 'no network namespaces here: they take root, iproute2 and a kernel with them' };
  }
  try {
    ip('-n', namespace, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'other');
    if (impaired) ip('netns', 'exec', namespace, 'tc', 'qdisc', 'add', 'dev', 'cable', 'root', 'netem', 'delay', '1ms');
    return { skip: false };
  } catch {
    return { skip: impaired ? 'the kernel has no netem' : 'the kernel has no veth' };
  } finally {
    ip('netns', 'delete', namespace);
  }
}

function ip(...args: string[]): void {
  execFileSync(IP, args, { stdio: 'pipe' });
}
