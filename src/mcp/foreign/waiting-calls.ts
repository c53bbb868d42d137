import { sha256 } from '../../core/secrets.ts';
import type { Whose } from '../sessions/kept-sessions.ts';

/** Whose call it is, and of what: nothing else goes on with it. */
export interface CallKey extends Whose {
  readonly method: string;
  readonly params: unknown;
}

/** A call that may come to wait: then it keeps so many characters beside its parameters. */
export interface WaitingCall extends CallKey {
  brought(): number;
}

/** Something that waits for its caller, and may be given up. */
export interface GivesUp {
  giveUp(why: string): void;
}

/** The calls that wait for their caller's client to come back, so many and so large as may be. */
export interface WaitingCalls<T extends GivesUp> {
  /** Has one wait. Where there is no room for it, the oldest of its person is given up, or of whoever has the most waiting. */
  add(what: WaitingCall, call: T): void;
  /** The one that this goes on with, which waits no more; undefined where none does. */
  take(what: CallKey): T | undefined;
  /** Gives all of them up. */
  close(): void;
}

/** How long a call waits, in milliseconds. */
const PATIENCE = 600_000;
/** How many may wait, and how many characters of parameters they may have together. */
const OF_ONE = { calls: 10, size: 16_777_216 };
const OF_ALL = { calls: 1000, size: 134_217_728 };

interface Waiting<T> {
  readonly owner: string;
  readonly person: string;
  readonly hash: string;
  readonly size: number;
  readonly call: T;
  readonly timer: NodeJS.Timeout;
}

/** None yet. */
export function waitingCalls<T extends GivesUp>(): WaitingCalls<T> {
  const waiting = new Set<Waiting<T>>();
  const forget = (one: Waiting<T>): void => {
    clearTimeout(one.timer);
    waiting.delete(one);
  };
  const giveUp = (one: Waiting<T>, why: string): void => {
    forget(one);
    one.call.giveUp(why);
  };
  const makeRoom = (person: string, size: number): void => {
    for (;;) {
      const all = [...waiting];
      const own = all.filter((one) => one.person === person);
      const [oldest] = isFull(own, size, OF_ONE) ? own : isFull(all, size, OF_ALL) ? ofTheGreediest(all) : [];
      if (oldest === undefined) return;
      giveUp(oldest, 'too many calls wait for an answer');
    }
  };
  return {
    add(what, call) {
      const { owner, person } = what;
      const { hash, length } = digest(what);
      const size = length + what.brought();
      makeRoom(person, size);
      const late = () => giveUp(one, 'nobody came back with an answer');
      const one = { owner, person, hash, size, call, timer: setTimeout(late, PATIENCE).unref() };
      waiting.add(one);
    },
    take(what) {
      const own = [...waiting].filter(({ owner }) => owner === what.owner);
      if (own.length === 0) return undefined;
      const { hash } = digest(what);
      const found = own.find((one) => one.hash === hash);
      if (found !== undefined) forget(found);
      return found?.call;
    },
    close() {
      for (const one of [...waiting]) giveUp(one, 'the server closes');
    },
  };
}

function digest({ method, params }: CallKey): { readonly hash: string; readonly length: number } {
  const text = JSON.stringify([method, params]);
  return { hash: sha256(text), length: text.length };
}

const sizeOf = (calls: readonly { readonly size: number }[]): number => calls.reduce((sum, { size }) => sum + size, 0);

const isFull = (calls: readonly { readonly size: number }[], size: number, most: typeof OF_ALL): boolean =>
  calls.length >= most.calls || sizeOf(calls) + size > most.size;

/** All calls of the person who has the largest share of the room, in their order. */
function ofTheGreediest<T>(all: readonly Waiting<T>[]): readonly Waiting<T>[] {
  const share = (calls: readonly Waiting<T>[]) => calls.length / OF_ALL.calls + sizeOf(calls) / OF_ALL.size;
  const people = [...Map.groupBy(all, ({ person }) => person).values()];
  return people.reduce((most, one) => (share(one) > share(most) ? one : most), []);
}
