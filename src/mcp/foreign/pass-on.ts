import {
  CLIENT_CAPABILITIES_META_KEY,
  type Client,
  isInputRequiredResult,
  LOG_LEVEL_META_KEY,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/client';
import { askable } from '../ask.ts';
import { behindOf } from '../context.ts';
import type { CallsUnderWay, UnderWay } from './calls-under-way.ts';
import { checkQuestions } from './foreign-call.ts';

/** One request that is passed on. */
export interface ForeignRequest {
  readonly method: 'tools/call' | 'prompts/get' | 'resources/read' | 'completion/complete';
  readonly params: Readonly<Record<string, unknown>>;
  /** Headers that the protocol prescribes for it (2026-07-28, custom headers). */
  readonly headers?: Readonly<Record<string, string>>;
}

/** As long as a timer can be: time is kept here, not there. */
const FOREVER = 2_147_483_647;
const MOST_ROUNDS = 10;
const NOBODY = { capabilities: {}, unasked: {} };

/** Sends a request, and again with answers for as long as the server asks for some (2026-07-28). */
export async function passOn(
  client: Client,
  calls: CallsUnderWay,
  request: ForeignRequest,
  entry: UnderWay,
): Promise<unknown> {
  let params = { ...request.params, ...(client.getProtocolEra() === 'modern' && toldOfCaller(calls, entry)) };
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const result: unknown = await client.request(
      { method: request.method, params },
      {
        signal: entry.limit.signal,
        timeout: FOREVER,
        relatedRequestId: entry.key,
        allowInputRequired: true,
        ...(request.headers && { headers: request.headers }),
        onprogress({ progress, total, message }) {
          entry.limit.restart();
          entry.call.current()?.progress(progress, total, message).catch(client.onerror);
        },
      },
    );
    if (!isInputRequiredResult(result)) return result;
    const { inputRequests = {}, requestState } = result;
    const questions = Object.entries(inputRequests);
    checkQuestions(questions.length);
    const asked = questions.map(async ([name, each]) => [name, await calls.put(entry, each, name)] as const);
    const inputResponses = Object.fromEntries(await Promise.all(asked));
    params = { ...params, inputResponses, ...(requestState !== undefined && { requestState }) };
  }
  throw new ProtocolError(ProtocolErrorCode.InternalError, `The server still asks after ${MOST_ROUNDS} rounds.`);
}

/** What a server of 2026-07-28 learns of the caller: what can be asked, and what was answered before it was. */
function toldOfCaller(calls: CallsUnderWay, { call }: UnderWay): Readonly<Record<string, unknown>> {
  const context = calls.canAsk ? call.current() : undefined;
  const { capabilities, unasked } = context === undefined ? NOBODY : behindOf(context).client;
  return {
    _meta: { [LOG_LEVEL_META_KEY]: 'debug', [CLIENT_CAPABILITIES_META_KEY]: askable(capabilities) },
    ...(Object.keys(unasked).length > 0 && { inputResponses: unasked }),
  };
}
