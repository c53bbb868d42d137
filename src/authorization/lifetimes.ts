/** How long the things that the authorization server hands out live. All in seconds. */
export interface Lifetimes {
  readonly code: number;
  /** Access token of a person. */
  readonly userAccess: number;
  /** Access token of a machine client. */
  readonly machineAccess: number;
  /** A refresh token that is not used. Each rotation starts it anew. */
  readonly refreshIdle: number;
  /** All refresh tokens of one sign-in together; rotation never extends it. */
  readonly refreshAbsolute: number;
  /** How long a rotated refresh token still gets the answer it got first; 0 makes any reuse revoke the family. */
  readonly refreshGrace: number;
  /** A sign-in between the first page and the code. */
  readonly interaction: number;
  /** A signed-in browser. */
  readonly session: number;
  /** A registered client since its last use. */
  readonly registration: number;
  /** A registered client that nobody has signed in to yet. */
  readonly registrationUnused: number;
  /** A client whose id holds its metadata; Infinity for as long as its sealing key is in the ring. */
  readonly registrationStateless: number;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The lifetimes where nothing else is configured. */
export const defaultLifetimes: Lifetimes = {
  code: 60,
  userAccess: 15 * MINUTE,
  machineAccess: 10 * MINUTE,
  refreshIdle: 30 * DAY,
  refreshAbsolute: 90 * DAY,
  refreshGrace: 30,
  interaction: 15 * MINUTE,
  session: 12 * HOUR,
  registration: 90 * DAY,
  registrationUnused: DAY,
  registrationStateless: Infinity,
};
