import type { Clock } from '../../core/clock.ts';
import type { ScopeDeclaration } from '../declared-scopes.ts';
import type { PolicyOptions } from '../policy.ts';
import type { ServerFacts } from '../server-facts.ts';
import type { CredentialsFor } from './credentials.ts';
import type { Operation } from './list-operations.ts';
import type { RouteRule } from './route-rules.ts';
import type { MapScope } from './security-scopes.ts';

/** How an API is served. What is left out of name, title and version is the document's. */
export interface FromOpenApiOptions extends Partial<ServerFacts> {
  /**
   * Where the API is, https (http on this machine only). Left out: the first of the document's `servers`, where the
   * document was fetched from that very origin.
   */
  readonly baseUrl?: string | URL;
  /** What operations become; the first rule that fits decides. Default: every one a tool. */
  readonly routes?: readonly RouteRule[];
  /** The name of an operation's tool or resource. Left out, or undefined: made of its operationId. */
  readonly nameOf?: (operation: Operation) => string | undefined;
  /** Plain words and hierarchy for scopes, over those of the document. */
  readonly scopes?: Readonly<Record<string, ScopeDeclaration>>;
  readonly defaultScopes?: readonly string[];
  /** The scopes here for one that the document's `security` names. Default: the same. */
  readonly mapScope?: MapScope;
  /** What operations need that the document asks no scopes for. Left out: they are not there. */
  readonly otherwise?: readonly string[];
  /** In place of `otherwise`: scopes by rule, beside those of the document. What no rule fits is not there. */
  readonly policy?: PolicyOptions;
  /** Default: none are sent. */
  readonly credentials?: CredentialsFor;
  /** The header parameters that callers may set. Default: none. */
  readonly headers?: readonly string[];
  /** Whether the values of a parameter of the path may hold slashes, as names of branches do. Default: none. */
  readonly slashes?: (operation: Operation, parameter: string) => boolean;
  /** Whether the schemas of answers are published and answers held to them (default true). */
  readonly output?: boolean;
  /** Milliseconds that one request may take (default 10,000). */
  readonly timeoutMs?: number;
  /** Bytes that one answer may have (default 1 MiB). */
  readonly maxBytes?: number;
  /** Requests under way at once (default 32). */
  readonly maxConcurrent?: number;
  /** Of them for one caller (default a quarter). */
  readonly maxPerCaller?: number;
  /** Told of each operation that is not served, and why. Left out: one that cannot be served is a TypeError. */
  readonly onLeftOut?: (operation: Operation, reason: string) => void;
  /** Takes an http `baseUrl` of another machine: anybody on the way can read and change what is sent. */
  readonly dangerouslyAllowPlainHttp?: boolean;
  readonly fetch?: typeof globalThis.fetch;
  readonly clock?: Clock;
}

/** What is passed on as it is given. */
const PASSED: Readonly<Record<Exclude<keyof ServerFacts, 'name' | 'title' | 'version'> | 'defaultScopes', true>> = {
  ...{ instructions: true, list: true, listChanged: true, duplicates: true },
  ...{ sessions: true, pageSize: true, cache: true, toolRules: true, defaultScopes: true },
  ...{ description: true, icons: true, websiteUrl: true },
};

/** What a server of `defineServer` is told of the options as it is. */
export const passedOn = (options: FromOpenApiOptions): Partial<ServerFacts> =>
  Object.fromEntries(
    Object.entries(options).filter(([key, value]) => value !== undefined && Object.hasOwn(PASSED, key)),
  );
