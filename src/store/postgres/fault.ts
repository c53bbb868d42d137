import { DeadlinePassed } from '../deadline.ts';

/** What went wrong, as a word that can be counted, and in words without any value of a record. */
export interface PostgresFault {
  /** The SQLSTATE of the server, the code of a system error, TIMEOUT or DISCONNECTED. */
  readonly class: string;
  readonly message: string;
  /** What to do where waiting does not help. */
  readonly remedy?: string;
}

/** Refusals that last until somebody changes a setting. */
const REMEDIES: Readonly<Record<string, string>> = {
  '28P01': 'put the right user and password into it',
  '28000': 'put the right user into it, and sslmode=verify-full where the server wants TLS',
  '3D000': 'create the database',
  '42501': 'give the user the right to create the table, or create it as docs/storage.md says',
  '3F000': 'create the schema',
};

/** Names a fault of the driver, the network or the server. */
export function postgresFault(error: unknown): PostgresFault {
  if (error instanceof DeadlinePassed) return { class: 'TIMEOUT', message: error.message };
  if (!(error instanceof Error)) return { class: 'UNKNOWN', message: 'the driver gave no reason' };
  const { message } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  if (code !== undefined) {
    const remedy = REMEDIES[code];
    return { class: code, message, ...(remedy !== undefined && { remedy }) };
  }
  const late = /timeout/i.test(message);
  return { class: late ? 'TIMEOUT' : 'DISCONNECTED', message };
}
