import { Unavailable } from '../core/errors.ts';
import type { JsonObject } from './compact-jws.ts';

/** A JSON object of somebody else's server, with the headers that came along. */
export interface RemoteJson {
  readonly body: JsonObject;
  readonly headers: Headers;
}

/** Reads the JSON object in an answer of status 200. Rejects with `Unavailable` for every other answer. */
export async function readRemoteJson(response: Response): Promise<RemoteJson> {
  if (response.status !== 200) {
    const wait = Number(response.headers.get('retry-after'));
    throw new Unavailable(`answered_${response.status}`, undefined, wait > 0 && wait <= 300 ? wait : undefined);
  }
  // The parser's own error quotes what it read.
  const body: unknown = await response.json().catch(() => undefined);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Unavailable('answered_no_json_object');
  return { body: body as JsonObject, headers: response.headers };
}
