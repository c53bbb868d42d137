import type { Clock } from '../../core/clock.ts';
import type { Session } from './session.ts';
import type { SessionRules } from './session-rules.ts';

/** Whom a session is for: a person, through an app of theirs. */
export interface Whose {
  readonly owner: string;
  readonly person: string;
}

/** The sessions of one mount by id, within its rules. */
export interface KeptSessions {
  /** Undefined also for one that nobody has used for too long. */
  get(id: string): Session | undefined;
  all(): readonly Session[];
  /**
   * Adds what `create` makes for a person, through one of their apps. Where either has all that one may have, the one that
   * was unused longest ends. Otherwise tells who has none left: the caller, for all are in use, or everybody.
   */
  add(whose: Whose, create: () => Session): Session | 'caller' | 'everybody';
  /** Forgets it at once, then ends what runs in it. */
  end(session: Session): Promise<void>;
}

/** Keeps none yet. Those that are over are looked for when a session is added, once a second at most. */
export function keptSessions({ idle, perPrincipal, perPerson, most }: SessionRules, clock: Clock): KeptSessions {
  const byId = new Map<string, Session>();
  const groups = new Map<string, Set<Session>>();
  const groupsOf = new Map<Session, readonly string[]>();
  let looked = clock();
  const isOver = (session: Session): boolean => session.usedAt() + idle <= clock();

  const end = (session: Session): Promise<void> => {
    byId.delete(session.id);
    for (const group of groupsOf.get(session) ?? []) {
      groups.get(group)?.delete(session);
      if (groups.get(group)?.size === 0) groups.delete(group);
    }
    groupsOf.delete(session);
    return session.end();
  };
  const endThoseOver = (): void => {
    if (looked === clock()) return;
    looked = clock();
    for (const session of byId.values()) if (isOver(session)) end(session);
  };

  /** Those that have to end so that all groups have room; undefined where all that one may have are in use. */
  const inTheWay = (limits: readonly (readonly [string, number])[]): ReadonlySet<Session> | undefined => {
    const leaving = new Set<Session>();
    for (const [group, limit] of limits) {
      const own = [...(groups.get(group) ?? [])].filter((session) => !leaving.has(session));
      if (own.length < limit) continue;
      const [oldest] = own.filter((session) => !session.busy()).sort((a, b) => a.usedAt() - b.usedAt());
      if (oldest === undefined) return undefined;
      leaving.add(oldest);
    }
    return leaving;
  };

  return {
    end,
    all: () => [...byId.values()],
    get(id) {
      const session = byId.get(id);
      return session === undefined || isOver(session) ? undefined : session;
    },
    add({ owner, person }, create) {
      endThoseOver();
      const [app, whole] = [`app ${owner}`, `person ${person}`];
      const leaving = inTheWay([
        [app, perPrincipal],
        [whole, perPerson],
      ]);
      if (leaving === undefined) return 'caller';
      if (byId.size - leaving.size >= most) return 'everybody';
      for (const other of leaving) end(other);
      const own = [app, whole];
      const session = create();
      byId.set(session.id, session);
      groupsOf.set(session, own);
      for (const group of own) groups.set(group, (groups.get(group) ?? new Set()).add(session));
      return session;
    },
  };
}
