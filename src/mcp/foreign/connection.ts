import {
  Client,
  type ClientOptions,
  type Implementation,
  isInputRequiredResult,
  LOG_LEVEL_META_KEY,
  ProtocolError,
  ProtocolErrorCode,
  type RequestId,
  type ServerCapabilities,
  type Transport,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client';
import { Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { ListName } from '../changes.ts';
import { type CallsUnderWay, callsUnderWay, canAsk, type Serves, type UnderWay } from './calls-under-way.ts';
import { faultOf } from './connection-fault.ts';
import type { ForeignCall } from './foreign-call.ts';
import { hearLists } from './hear-lists.ts';
import { type Listing, readLists } from './listing.ts';
import { sessionLoss } from './session-loss.ts';
import { watchResources } from './watch-resources.ts';

/** One request that is passed on. */
export interface ForeignRequest {
  readonly method: 'tools/call' | 'prompts/get' | 'resources/read' | 'completion/complete';
  readonly params: Readonly<Record<string, unknown>>;
  /** Headers that the protocol prescribes for it (2026-07-28, custom headers). */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a server says of itself. */
export interface ForeignFacts {
  readonly info: Implementation | undefined;
  readonly instructions: string | undefined;
  readonly capabilities: ServerCapabilities;
}

/** One client of a server that somebody else wrote. */
export interface Connection {
  readonly facts: ForeignFacts;
  /**
   * Passes a request on and answers with the server's result. What the server asks meanwhile goes to the caller. Rejects with
   * the server's ProtocolError as it is, and with Unavailable where it gives no answer.
   */
  call(request: ForeignRequest, call: ForeignCall): Promise<unknown>;
  lists(): Promise<Listing>;
  /** Has the server tell when one of these resources changes, and of no others. */
  watch(uris: readonly string[]): Promise<void>;
  /** The call that one of our requests is sent for, by the `relatedRequestId` that the transport is given. */
  underWay(key: RequestId): UnderWay | undefined;
  /** Resolves when it is to be used no more: it has ended, or the server has forgotten it. */
  readonly closed: Promise<'ended' | 'forgotten'>;
  close(): Promise<void>;
}

/** What a connection is made of. */
export interface ConnectionParts {
  readonly transport: Transport;
  readonly serves: Serves;
  readonly protocol: VersionNegotiationMode;
  /** Milliseconds of silence after which a call is given up. */
  readonly timeout: number;
  /** Milliseconds that the question may take whether the server speaks 2026-07-28. Left out: `timeout`. */
  readonly probe?: number;
  readonly log: Log;
  onListChanged(list: ListName): void;
  onResourceUpdated(uri: string): void;
}

/** As long as a timer can be: time is kept here, not there. */
const FOREVER = 2_147_483_647;
const MOST_ROUNDS = 10;
/** How long a cancellation may take to be sent, in milliseconds. */
const LAST_WORD = 1000;
/** Callers judge results by the schema themselves; compiling what a stranger wrote is not for us. */
const NO_VALIDATION: NonNullable<ClientOptions['jsonSchemaValidator']> = {
  getValidator: () => (value) => ({ valid: true, data: value as never, errorMessage: undefined }),
};

/** Connects, in whichever protocol era the server speaks. Rejects with Unavailable. */
export async function connect(parts: ConnectionParts): Promise<Connection> {
  const { serves, timeout, log } = parts;
  const client = new Client(
    { name: 'mcp-gatehouse', version: '1' },
    {
      capabilities: canAsk(serves) ? { elicitation: { form: {} }, sampling: {}, roots: {} } : {},
      versionNegotiation: { mode: parts.protocol, probe: { timeoutMs: parts.probe ?? timeout } },
      inputRequired: { autoFulfill: false },
      jsonSchemaValidator: NO_VALIDATION,
    },
  );
  const calls = callsUnderWay(serves, log);
  const { promise: closed, resolve: close } = Promise.withResolvers<'ended' | 'forgotten'>();
  client.onclose = () => close('ended');
  client.onerror = (error) => log.debug('foreign_exchange_fault', { error });
  calls.answerFor(client);
  await client.connect(parts.transport, { timeout }).catch(async (error: unknown) => {
    await client.close().catch((fault: unknown) => log.debug('foreign_exchange_fault', { error: fault }));
    const fault = faultOf(error);
    throw fault instanceof ProtocolError ? new Unavailable('foreign_refused_to_connect', fault) : fault;
  });
  await hearLists(client, parts.onListChanged, log);
  let forgotten = false;
  /** Other callers' calls are not cut short: the server may think otherwise of them. */
  const closeForgotten = (): void => {
    if (forgotten && calls.count() === 0) setTimeout(() => client.close().catch(client.onerror), LAST_WORD).unref();
  };
  const judge = sessionLoss(client, timeout, () => {
    forgotten = true;
    close('forgotten');
    closeForgotten();
  });
  return {
    facts: {
      info: client.getServerVersion(),
      instructions: client.getInstructions(),
      capabilities: client.getServerCapabilities() ?? {},
    },
    async call(request, call) {
      const entry = calls.begin(call, timeout);
      try {
        return await passOn(client, calls, request, entry);
      } catch (error) {
        if (call.signal.aborted) throw error;
        throw entry.limit.fault() ?? (await judge(error));
      } finally {
        calls.end(entry);
        closeForgotten();
      }
    },
    lists: () => readLists(client, timeout).catch(async (error: unknown) => Promise.reject(await judge(error))),
    watch: watchResources(client, parts.onResourceUpdated),
    underWay: calls.get,
    closed,
    close: () => client.close(),
  };
}

/** Sends a request, and again with answers for as long as the server asks for some (2026-07-28). */
async function passOn(
  client: Client,
  calls: CallsUnderWay,
  request: ForeignRequest,
  entry: UnderWay,
): Promise<unknown> {
  const modern = client.getProtocolEra() === 'modern';
  let params: Record<string, unknown> = {
    ...request.params,
    ...(modern && { _meta: { [LOG_LEVEL_META_KEY]: 'debug' } }),
  };
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
    const asked = Object.entries(inputRequests).map(
      async ([name, each]) => [name, await calls.put(entry, each)] as const,
    );
    const inputResponses = Object.fromEntries(await Promise.all(asked));
    params = { ...params, inputResponses, ...(requestState !== undefined && { requestState }) };
  }
  throw new ProtocolError(ProtocolErrorCode.InternalError, `The server still asks after ${MOST_ROUNDS} rounds.`);
}
