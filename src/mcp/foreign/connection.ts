import {
  Client,
  type ClientOptions,
  type Implementation,
  ProtocolError,
  type RequestId,
  type ServerCapabilities,
  type Transport,
  type VersionNegotiationMode,
} from '@modelcontextprotocol/client';
import { Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { ListName } from '../changes.ts';
import { boundReplies } from './bound-replies.ts';
import { callsUnderWay, type Serves, type UnderWay } from './calls-under-way.ts';
import { faultOf } from './connection-fault.ts';
import type { ForeignCall } from './foreign-call.ts';
import { hearLists } from './hear-lists.ts';
import { type Listing, readLists } from './listing.ts';
import { type ForeignRequest, passOn } from './pass-on.ts';
import { sessionLoss } from './session-loss.ts';
import { watchResources } from './watch-resources.ts';

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

/** How long a cancellation may take to be sent, in milliseconds. */
const LAST_WORD = 1000;
/** Callers judge results by the schema themselves; compiling what a stranger wrote is not for us. */
const NO_VALIDATION: NonNullable<ClientOptions['jsonSchemaValidator']> = {
  getValidator: () => (value) => ({ valid: true, data: value as never, errorMessage: undefined }),
};

/** Connects, in whichever protocol era the server speaks. Rejects with Unavailable. */
export async function connect(parts: ConnectionParts): Promise<Connection> {
  const { serves, timeout, log } = parts;
  const calls = callsUnderWay(serves, log);
  const client = new Client(
    { name: 'mcp-gatehouse', version: '1' },
    {
      capabilities: calls.canAsk ? { elicitation: { form: {} }, sampling: {}, roots: {} } : {},
      versionNegotiation: { mode: parts.protocol, probe: { timeoutMs: parts.probe ?? timeout } },
      inputRequired: { autoFulfill: false },
      jsonSchemaValidator: NO_VALIDATION,
    },
  );
  const { promise: closed, resolve: close } = Promise.withResolvers<'ended' | 'forgotten'>();
  client.onclose = () => close('ended');
  client.onerror = (error) => log.debug('foreign_exchange_fault', { error });
  calls.answerFor(client);
  boundReplies(parts.transport);
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
