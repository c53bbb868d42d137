import type { Clock } from '../../core/clock.ts';
import type { Session } from './session.ts';
import type { SessionRules } from './session-rules.ts';

/** The sessions of one mount by id, within its rules. */
export interface KeptSessions {
  /** Undefined also for one that nobody has used for too long. */
  get(id: string): Session | undefined;
  all(): readonly Session[];
  /**
   * Adds what `create` makes. An owner who has all that one may have loses the one that was unused longest. Otherwise
   * tells who has none left: the caller, for all are in use, or everybody.
   */
  add(owner: string, create: () => Session): Session | 'caller' | 'everybody';
  /** Forgets it at once, then ends what runs in it. */
  end(session: Session): Promise<void>;
}

/** Keeps none yet. Those that are over are looked for when a session is added, once a second at most. */
export function keptSessions({ idle, perPrincipal, most }: SessionRules, clock: Clock): KeptSessions {
  const byId = new Map<string, Session>();
  const byOwner = new Map<string, Set<Session>>();
  let looked = clock();
  const isOver = (session: Session): boolean => session.usedAt() + idle <= clock();

  const end = (session: Session): Promise<void> => {
    byId.delete(session.id);
    const own = byOwner.get(session.owner);
    own?.delete(session);
    if (own?.size === 0) byOwner.delete(session.owner);
    return session.end();
  };
  const endThoseOver = (): void => {
    if (looked === clock()) return;
    looked = clock();
    for (const session of byId.values()) if (isOver(session)) end(session);
  };

  return {
    end,
    all: () => [...byId.values()],
    get(id) {
      const session = byId.get(id);
      return session === undefined || isOver(session) ? undefined : session;
    },
    add(owner, create) {
      endThoseOver();
      const own = byOwner.get(owner) ?? new Set();
      if (own.size >= perPrincipal) {
        const [oldest] = [...own].filter((session) => !session.busy()).sort((a, b) => a.usedAt() - b.usedAt());
        if (oldest === undefined) return 'caller';
        end(oldest);
      }
      if (byId.size >= most) return 'everybody';
      const session = create();
      byId.set(session.id, session);
      byOwner.set(owner, own.add(session));
      return session;
    },
  };
}
