import { Unavailable } from '../../core/errors.ts';
import { DeadlinePassed } from '../deadline.ts';

/** What went wrong, as a word that can be counted, and in words without any key, value or password. */
export interface RedisFault {
  /** The word that Redis begins its error with, the code of a system error, TIMEOUT or DISCONNECTED. */
  readonly class: string;
  readonly message: string;
}

/** What each class means to whoever runs the server, beyond what its name says. */
const MEANINGS: Readonly<Record<string, string>> = {
  READONLY: 'this server is a replica: the primary has moved',
  LOADING: 'the server is still loading its data',
  OOM: 'the server is out of memory: raise maxmemory',
  NOAUTH: 'the server wants a password: put it into STORE_URL',
  WRONGPASS: 'the server refuses the user or the password in STORE_URL',
  NOPERM: 'the user in STORE_URL may not run a command or reach a key that the store needs (see docs/storage.md)',
  CLUSTERDOWN: 'a part of the cluster has no primary',
  MISCONF: 'the server cannot save to its disk and takes no writes',
  MAXCLIENTS: 'the server has as many clients as it takes: raise maxclients',
  MASTERDOWN: 'the replica has lost its primary',
  UNREPLICATED: 'no replica had the write in time (REDIS_DURABILITY=replica), so it may be lost with the primary',
  TIMEOUT: 'no answer in time; whether the command was done is unknown',
  DISCONNECTED: 'the connection was lost; whether a command under way was done is unknown',
};

/** Names a fault of the client library, the network or the server. */
export function redisFault(error: unknown): RedisFault {
  const kind = classOf(error);
  // The text of an error reply may repeat arguments, so only the text of the system is kept.
  const told = error instanceof Error && 'syscall' in error ? error.message : 'Redis refused the command';
  return { class: kind, message: MEANINGS[kind] ?? told };
}

function classOf(error: unknown): string {
  if (error instanceof DeadlinePassed) return 'TIMEOUT';
  if (!(error instanceof Error)) return 'ERR';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code !== undefined) return code;
  const { message } = error;
  if (/^ERR max number of clients/.test(message)) return 'MAXCLIENTS';
  if (/^(Command timed out|Socket timeout)/.test(message)) return 'TIMEOUT';
  return /^([A-Z]{2,20})\b/.exec(message)?.[1] ?? 'DISCONNECTED';
}

/** The fault as it leaves the store. The library's error is left behind: it carries the command with all its arguments. */
export const unavailable = ({ class: kind, message }: RedisFault): Unavailable =>
  new Unavailable(`redis: ${kind}`, new Error(message));
