import { type Announcements, localAnnouncements } from '../core/announcements.ts';
import type { Store } from './store.ts';

/** What a server that keeps records tells of itself. */
export interface ServerState {
  /** Milliseconds since 1970 by the server's clock. Rejects with Unavailable. */
  time(): Promise<number>;
  /**
   * Another text whenever the server may have lost what it acknowledged last: after a restart or a failover. Two nodes that
   * reach the same server get the same text. Rejects with Unavailable.
   */
  epoch(): Promise<string>;
}

/** What carries word between nodes. */
export interface Announcing {
  /** Between the nodes that share the server and the prefix. */
  readonly announcements: Announcements;
}

/** What a server that several nodes share can tell beyond records. A store in this process or in a file does without. */
export interface SharedServer extends ServerState, Announcing {}

/** A store on a server that several nodes share. */
export type SharedStore = Store & SharedServer;

/** Whether a store tells of its server. */
export const hasServerState = (store: Store): store is Store & ServerState => 'time' in store && 'epoch' in store;

/** Whether a store carries word between nodes. */
export const isAnnouncing = (store: Store): store is Store & Announcing => 'announcements' in store;

/** Whether a store is on a server that several nodes share. */
export const isShared = (store: Store): store is SharedStore => hasServerState(store) && isAnnouncing(store);

/** What a store carries word over: its own way, or within this process where it has none. */
export const announcementsOf = (store: Store): Announcements =>
  isAnnouncing(store) ? store.announcements : localAnnouncements();
