import type { Router } from 'express';
import type { Verifier } from '../gate/verifier.ts';
import type { Accounts } from './accounts/accounts.ts';
import type { Machines } from './machines.ts';
import type { OperatorRevocations } from './operator-revocations.ts';
import type { UpstreamCredentials } from './upstream/credentials.ts';

/** The clients that have registered, for whoever runs the server. */
export interface Clients {
  /** Forgets a client and ends all that it was given, wherever its metadata are kept. False when there is none of that id. */
  remove(clientId: string): Promise<boolean>;
}

/** The authorization server: its endpoints and pages, and what its operator does with accounts, machines and tokens. */
export interface AuthorizationServer {
  readonly issuer: string;
  /** Metadata documents by absolute path of the origin, in every spelling that is right for this issuer. */
  readonly documents: ReadonlyMap<string, object>;
  /** To be mounted at the path of the public URL. Passes on what is not its own. */
  readonly router: Router;
  /** Whether an absolute path is one of the endpoints or pages of `router`. */
  owns(path: string): boolean;
  /** Verifies the access tokens that are issued here. */
  readonly verifier: Verifier;
  readonly accounts: Accounts;
  /** What people were given where they sign in, if not here. */
  readonly credentials?: UpstreamCredentials;
  readonly machines: Machines;
  readonly clients: Clients;
  readonly revocations: OperatorRevocations;
  /**
   * Calls `listener` soon, and within a second, after a token may have been ended on any node: ask `verifier` again. The
   * answer stops it.
   */
  whenEnded(listener: () => void): () => void;
  /** Rejects with Unavailable when the store does not answer. */
  ready(): Promise<void>;
  /** Ends what is the server's own. The store was handed in and stays open. */
  close(): Promise<void>;
}
