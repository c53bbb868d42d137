import type { Mountable } from '../mountable.ts';
import { createPolicy, type PolicyOptions } from '../policy.ts';
import { checkFacts } from '../server-facts.ts';
import { type SessionOptions, sessionRules } from '../sessions/session-rules.ts';
import { foreignSurface } from './foreign-surface.ts';
import { type ForeignKind, type RunningServer, runServer } from './run-server.ts';

/** What every server that somebody else wrote is mounted with. */
export interface ForeignOptions {
  /** Letters, digits, ".", "_" or "-". */
  readonly name: string;
  /** Shown to people, such as on the consent page. */
  readonly title?: string;
  /** Left out: what the server says. */
  readonly version?: string;
  /** Left out: what the server says. */
  readonly instructions?: string;
  /** What callers need for its items. What no rule names is not there. */
  readonly policy: PolicyOptions;
  /** What lists show: what the caller may use (`granted`, the default), or also what a step-up would bring (`all`). */
  readonly list?: 'granted' | 'all';
  /** Whether clients of 2025-11-25 or before get sessions, so that the server may ask them back. Default false. */
  readonly sessions?: boolean | SessionOptions;
  /** Seconds of silence after which a call is given up. Default 60. */
  readonly timeout?: number;
  /** Seconds after which lists are read again, also where the server tells of no change. Default 300. */
  readonly refresh?: number;
}

/** Makes a server that somebody else wrote mountable. Throws TypeError for options that cannot work. */
export function foreignServer(options: ForeignOptions, kind: ForeignKind): Mountable {
  const { name, title, list = 'granted', sessions, timeout = 60, refresh = 300 } = options;
  checkFacts({ ...options, version: options.version ?? '0' });
  for (const [option, value] of Object.entries({ timeout, refresh })) {
    if (!(value > 0 && value <= 86_400))
      throw new TypeError(`Server ${name}: ${option} must be seconds, at most a day.`);
  }
  const policy = createPolicy(options.policy, title ?? name);
  const { version, instructions } = options;
  const own = { name, title, version, instructions, list, sessions: sessionRules(sessions, name) };
  const live = foreignSurface(own);
  let running: RunningServer | undefined;
  let users = 0;
  const stop = async (): Promise<void> => {
    users = Math.max(0, users - 1);
    const ending = running;
    if (users > 0) return;
    running = undefined;
    await ending?.close();
  };
  return {
    name,
    title,
    catalogue: policy.catalogue,
    defaultScopes: policy.defaultScopes,
    surface: () => live.surface,
    async start(parts) {
      users += 1;
      const log = parts.log.with({ server: name });
      running ??= runServer({ kind, policy, live, timeout: timeout * 1000, refresh }, { ...parts, log });
      try {
        await running.ready;
      } catch (error) {
        if (kind.optional) return;
        await stop();
        throw error;
      }
    },
    close: stop,
  };
}
