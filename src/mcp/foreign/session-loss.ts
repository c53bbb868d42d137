import { type Client, SdkHttpError } from '@modelcontextprotocol/client';
import { faultOf, SessionLost } from './connection-fault.ts';

/** What `error` of a request means for whoever sent it, as `faultOf` has it. Calls `lost` where the session is over. */
export type Judge = (error: unknown) => Promise<unknown>;

/**
 * A session is over where a request in it is answered 404. Careless servers say it with 400, which may as well be about what
 * the caller sent: then they are asked for a sign of life, and the request, which may have run, is not one to be repeated.
 */
export function sessionLoss(client: Client, timeout: number, lost: () => void): Judge {
  let asking: Promise<boolean> | undefined;
  const alive = async (): Promise<boolean> => {
    try {
      await client.ping({ timeout });
      return true;
    } catch (error) {
      return ![400, 404].includes(statusOf(error) ?? 0);
    } finally {
      asking = undefined;
    }
  };
  return async (error) => {
    const status = client.transport?.sessionId === undefined ? undefined : statusOf(error);
    if (status === 404) {
      lost();
      return new SessionLost(error);
    }
    if (status === 400) {
      asking ??= alive();
      if (!(await asking)) lost();
    }
    return faultOf(error);
  };
}

const statusOf = (error: unknown): number | undefined => (error instanceof SdkHttpError ? error.status : undefined);
