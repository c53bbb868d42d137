import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError, type Server } from '@modelcontextprotocol/server';
import type { Changes, HeardChange } from '../changes.ts';
import type { Call } from '../context.ts';
import type { Serving } from '../operations/operation.ts';
import { listensTo, type Told } from '../told.ts';
import { countUnread } from '../unread.ts';

/** Tells the client of a session what changed, on its stream. */
export interface TellSession {
  /**
   * To be called when the stream has been opened with the token of `call`, which says what may be told. Where there was one
   * before, all may have changed since. The answer is called when the stream has ended.
   */
  opened(call: Call): () => void;
  /** To be called for each part of the stream that was read. */
  wasRead(part: Uint8Array): void;
}

/** What it depends on. */
export interface TellSessionParts extends Pick<Serving, 'surface' | 'callOf'> {
  readonly changes: Changes;
  /** Ends the stream of a client that does not read it. */
  endStream(): void;
}

const MOST_RESOURCES = 1000;

/** Gives `server` its handlers of `resources/subscribe` and `unsubscribe`, where it promises them. */
export function tellSession(server: Server, { surface, callOf, changes, endStream }: TellSessionParts): TellSession {
  const watched = new Map<string, (() => void) | undefined>();
  let streaming: Call | undefined;
  let told: (change: HeardChange) => readonly Told[] = () => [];
  let unread = countUnread();
  let openedBefore = false;

  const listen = (): void => {
    const call = streaming;
    if (call === undefined) return;
    const mayRead = (uri: string) => {
      const found = surface.find(uri);
      return found !== undefined && call.allows(found.item.scopes);
    };
    told = listensTo({ principal: call.principal, lists: surface.listChanged, uris: watched.keys(), mayRead });
  };
  const tell = (change: HeardChange): void => {
    for (const each of told(change)) {
      unread.wrote();
      send(server, each).catch((error: Error) => server.onerror?.(error));
    }
    if (unread.isTooMuch()) endStream();
  };

  if (server.getCapabilities().resources?.subscribe === true) {
    server.setRequestHandler('resources/subscribe', ({ params: { uri } }, context) => {
      const item = surface.find(uri)?.item;
      const { allows, principal } = callOf(context);
      if (item === undefined || !allows(item.scopes)) throw new ResourceNotFoundError(uri);
      if (!item.subscribe) throw refused('Nobody tells when this resource changes.');
      if (watched.size >= MOST_RESOURCES) throw refused(`A session may be about ${MOST_RESOURCES} resources at most.`);
      if (!watched.has(uri)) watched.set(uri, item.watch?.(uri, principal));
      listen();
      return {};
    });
    server.setRequestHandler('resources/unsubscribe', ({ params: { uri } }) => {
      watched.get(uri)?.();
      watched.delete(uri);
      listen();
      return {};
    });
  }

  server.onclose = () => {
    for (const unwatch of watched.values()) unwatch?.();
    watched.clear();
  };

  return {
    opened(call) {
      streaming = call;
      unread = countUnread();
      listen();
      const stop = changes.subscribe(tell);
      if (openedBefore) tell({ kind: 'missed' });
      openedBefore = true;
      return () => {
        streaming = undefined;
        stop();
      };
    },
    wasRead: (part) => unread.read(part),
  };
}

const refused = (message: string): ProtocolError => new ProtocolError(ProtocolErrorCode.InvalidParams, message);

function send(server: Server, told: Told): Promise<void> {
  if (told.kind === 'resource') return server.sendResourceUpdated({ uri: told.uri });
  if (told.list === 'tools') return server.sendToolListChanged();
  return told.list === 'prompts' ? server.sendPromptListChanged() : server.sendResourceListChanged();
}
