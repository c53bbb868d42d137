/** How long sessions live and how many there may be, each number a whole one from 1. */
export interface SessionOptions {
  /** Seconds after which a session ends that nobody uses. An open stream is use. Default 1800. */
  readonly idle?: number;
  /** Sessions of one person in one app, on one node. Default 10: one more ends the one that was unused longest. */
  readonly perPrincipal?: number;
  /** Sessions of one person in all apps together, on one node. Default 100; the same applies. */
  readonly perPerson?: number;
  /** Sessions of all callers on one node. Default 10,000. */
  readonly most?: number;
}

/** Session options with nothing left out. */
export type SessionRules = Required<SessionOptions>;

const DEFAULTS: SessionRules = { idle: 1800, perPrincipal: 10, perPerson: 100, most: 10_000 };

/** The rules that `sessions` of a server called `name` stands for; undefined for none. Throws TypeError. */
export function sessionRules(sessions: boolean | SessionOptions | undefined, name: string): SessionRules | undefined {
  if (sessions === undefined || sessions === false) return undefined;
  const rules = { ...DEFAULTS, ...(sessions === true ? {} : sessions) };
  const wrong = Object.entries(rules).find(
    ([option, value]) => !(option in DEFAULTS) || !Number.isSafeInteger(value) || value < 1,
  );
  if (wrong === undefined) return Object.freeze(rules);
  throw new TypeError(
    `Server ${name}: sessions must be true or { idle, perPrincipal, perPerson, most }, whole numbers from 1; "${wrong[0]}" is not.`,
  );
}
