/** What a server can do to those who send to it, one row each, and over which transports it can. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server, ServerSetup, Treatment } from '../ship/servers.ts';

export const SCHEMES = ['udp', 'tcp', 'tls', 'relp', 'relps'] as const;
export type Scheme = (typeof SCHEMES)[number];
const STREAMS = ['tcp', 'tls', 'relp', 'relps'] as const;

/** A server behaves badly on so many connections, if its row says nothing else, and well from then on. */
export const BAD = 3;
/** Bytes of a connection that it reads before it behaves badly; no record of the test ends there. */
const BEFORE = 10_050;

/** What a row of its own can do with the lines while they are written. */
type Stage = {
  readonly server: Server;
  /** Until the server has more of them. */
  streaming(): Promise<void>;
  /**
   * Over UDP: writes no more until the server has read all, up to `go`. What a dying server throws away unread is told of to nobody,
   * and a sender that has nothing more to send is not refused.
   */
  calm(): Promise<void>;
  go(): void;
};

export type Misbehaviour = {
  /** A server that … */
  readonly what: string;
  readonly over: readonly Scheme[];
  /** What becomes of a connection while it behaves badly. */
  readonly treat?: Treatment;
  readonly setup?: () => ServerSetup;
  /** On so many connections. */
  readonly bad?: number;
  /** It shuts its window: so much has to be there at once, or what it never reads is in its kernel and counts as read. */
  readonly stalls?: boolean;
  /** What happens to the server as a whole while lines are written. Else they are written until it behaves well. */
  readonly play?: (stage: Stage) => Promise<void>;
  /** Records whose turn among the others is the server's own fault. */
  readonly late?: (number: number) => boolean;
  /** True where nothing breaks, so that nothing may come twice. */
  readonly once?: boolean;
};

/** Reads some, does `then`, and reads on only where that resumes the socket. */
function after(bytes: number, then: (socket: Socket) => void): Treatment {
  return (socket, read) => {
    let left = bytes;
    const take = (chunk: Buffer) => {
      read(chunk.subarray(0, left));
      left -= chunk.length;
      if (left > 0) return;
      let rest = [chunk.subarray(chunk.length + left)];
      const readOn = (more: Buffer[]) => {
        for (const bytes of [...rest, ...more]) read(bytes);
        rest = [];
      };
      socket.off('data', take);
      socket.pause();
      // What Node holds already may come before the word of it.
      socket.once('resume', () => readOn([])).on('data', (bytes: Buffer) => readOn([bytes]));
      socket.pause();
      then(socket);
    };
    socket.on('data', take).resume();
  };
}

/** Reads what came only a while later, and nothing meanwhile: over RELP its answers are late too. */
const late: Treatment = (socket, read) => {
  const take = (chunk: Buffer) => {
    socket.pause();
    setTimeout(() => {
      read(chunk);
      socket.resume();
    }, 60);
  };
  socket.on('data', take).resume();
};

/** Refuses some records, the first two times that it sees each. */
function refusals(): ServerSetup {
  const times = new Map<number, number>();
  const refuses = (number: number) => {
    const before = times.get(number) ?? 0;
    times.set(number, before + 1);
    return before < 2;
  };
  return { answers: (number) => (number % 97 === 5 && refuses(number) ? '500 busy' : '200 OK') };
}

const OPENINGS = ['1 rsp 14 500 no licence\n', '220 mail ESMTP\r\n'];

async function restart({ server, calm, go }: Stage, away: number): Promise<void> {
  await calm();
  await server.die();
  go();
  await sleep(away);
  await server.revive();
}

export const MISBEHAVIOURS: readonly Misbehaviour[] = [
  {
    ...{ what: 'hangs up in the middle of a record', over: STREAMS },
    treat: after(BEFORE, (socket) => void socket.destroy()),
  },
  {
    what: 'resets in the middle of a record',
    over: STREAMS,
    treat: after(BEFORE, (socket) => void socket.resetAndDestroy()),
  },
  { what: 'hangs up before it has read anything', over: STREAMS, treat: (socket) => void socket.resetAndDestroy() },
  {
    ...{ what: 'closes its half and reads no more', over: STREAMS },
    treat: after(BEFORE, (socket) => void socket.end()),
  },
  {
    ...{ what: 'closes its half and reads on', over: STREAMS },
    treat: after(BEFORE, (socket) => void socket.end().resume()),
  },
  // Over RELP it never answers the opening of the session, for which it has 10 s.
  { what: 'accepts and never reads', over: STREAMS, treat: () => {}, stalls: true, bad: 1 },
  {
    what: 'stops reading in the middle of a record',
    over: STREAMS,
    treat: after(BEFORE, () => {}),
    stalls: true,
    bad: 2,
  },
  { what: 'reads and answers late', over: STREAMS, treat: late, once: true },
  {
    ...{ what: 'answers 500 to some records, twice', over: ['relp', 'relps'] },
    ...{ setup: refusals, late: (number) => number % 97 === 5, once: true },
  },
  {
    ...{ what: 'talks where it has nothing to say', over: ['tcp', 'tls'], once: true },
    treat: (socket, read) =>
      void socket.on('data', (chunk: Buffer) => socket.write('500 go away\r\n') && read(chunk)).resume(),
  },
  {
    ...{ what: 'is restarted again and again under the stream', over: SCHEMES },
    async play(stage) {
      for (let i = 0; i < 4; i += 1) {
        await stage.streaming();
        await restart(stage, 0);
      }
    },
  },
  {
    ...{ what: 'is restarted every second', over: SCHEMES },
    async play(stage) {
      for (let i = 0; i < 4; i += 1) {
        await Promise.all([sleep(1_000), stage.streaming()]);
        await restart(stage, 100);
      }
    },
  },
  {
    ...{ what: 'resets what it has served well for a second', over: STREAMS },
    async play({ server, streaming }) {
      for (let i = 0; i < 4; i += 1) {
        await Promise.all([sleep(1_000), streaming()]);
        server.reset();
      }
    },
  },
  {
    ...{ what: 'refuses the connection for a while', over: SCHEMES },
    async play(stage) {
      await restart(stage, 1_500);
      await stage.streaming();
    },
  },
  {
    ...{ what: 'breaks the TLS handshake', over: ['tls', 'relps'] },
    setup: () => ({
      before(raw, index) {
        if (index >= BAD) return false;
        raw.once('data', () => {
          if (index === 0) raw.destroy();
          else if (index === 1) raw.end('220 mail ESMTP\r\n');
          else raw.resetAndDestroy();
        });
        return true;
      },
    }),
  },
  {
    ...{ what: 'breaks the opening of the RELP session', over: ['relp', 'relps'] },
    treat(socket, _read, index) {
      socket.once('data', () => {
        const words = OPENINGS[index];
        if (words === undefined) socket.destroy();
        else socket.write(words);
      });
      socket.resume();
    },
  },
];
