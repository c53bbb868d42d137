import type { JWK } from 'jose';
import type { Log } from '../core/log.ts';

/** Who signed in at an identity provider. */
export interface Identity {
  /** Theirs for good and never given to anybody else there: a number, a `sub`. Never a name or an e-mail address. */
  readonly subject: string;
  /** What people recognise the account by, such as a login name. */
  readonly username: string;
  readonly name?: string;
  /** Only one that the provider has verified. */
  readonly email?: string;
  readonly tenant?: string;
  /** Groups of the provider that the person belongs to, by kind: what rules about who may come in look at. */
  readonly memberships?: Readonly<Record<string, readonly string[]>>;
  /** What else the provider says that tools and rules may look at. Never a token. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What the provider's token endpoint gave for a code or a refresh token. */
export interface UpstreamTokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Seconds since 1970; left out where the provider does not say. */
  readonly expiresAt?: number;
  /** Granted, as far as the provider says: more or fewer than were asked for. */
  readonly scopes: readonly string[];
  /** The claims of an ID token whose issuer and audience were checked; with a code its signature and nonce, too. */
  readonly idToken?: Readonly<Record<string, unknown>>;
  /** The whole answer, for members that only this provider has. */
  readonly answer: Readonly<Record<string, unknown>>;
}

/** What an adapter may use. */
export interface UpstreamDeps {
  readonly fetch: typeof globalThis.fetch;
  readonly log: Log;
  /** Where its profiles are, where it says so. */
  userinfo(): Promise<string | undefined>;
}

/** Where a provider is. Endpoints left out are read from its discovery document at `issuer`. */
export interface UpstreamServer {
  readonly issuer: string;
  readonly authorization?: string;
  readonly token?: string;
  readonly revocation?: string;
  readonly jwks?: string;
  readonly userinfo?: string;
}

/**
 * How our app proves itself to the provider (RFC 6749 §2.3). A private key is a JWK with `alg` and, where it has them, `kid`
 * and `x5t#S256`, which are sent along. `audience`: whom the proof is for, where it is not the issuer.
 */
export type UpstreamClient =
  | { readonly id: string; readonly method: 'post' | 'basic'; readonly secret: string }
  | {
      readonly id: string;
      readonly method: 'private_key_jwt';
      readonly key: JWK & { readonly kid?: string };
      readonly audience?: string;
    };

/** Where a provider does not speak as the standards say. */
export interface UpstreamQuirks {
  /** What stands between scopes in its answers, beside a space. */
  readonly scopeSeparator?: ',';
  /** Errors come with 200 and a member `error`. */
  readonly errorsWith200?: boolean;
  /** Errors of the token endpoint that mean the sign-in there has ended, beside `invalid_grant`. */
  readonly endedErrors?: readonly string[];
  /** Makes a standard token answer of its own kind. */
  readonly readAnswer?: (answer: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
  /** It knows no PKCE (RFC 7636). */
  readonly noPkce?: boolean;
  /** The mount is told to it as `resource` (RFC 8707). */
  readonly forwardResource?: boolean;
  /** The scopes are named again when a code is redeemed. */
  readonly scopesAtToken?: boolean;
  /** The issuer that an ID token must name, from its claims, where it is another than `issuer`: one for each tenant. */
  readonly issuerOf?: (claims: Readonly<Record<string, unknown>>) => string;
}

/** How a provider's page is told what a client wishes of a sign-in. What is left out it does not take. */
export interface UpstreamWishes {
  /** The `prompt` for which it asks again who is there. */
  readonly prompt?: string;
  /** Whether it takes `max_age`, and then says when somebody signed in (`auth_time`). */
  readonly maxAge?: boolean;
  /** The parameter that names the account that is meant. */
  readonly hint?: string;
}

/** An identity provider behind our authorization server: people sign in there, clients deal with us. */
export interface UpstreamProvider {
  readonly kind: 'upstream';
  /** In paths and subjects: lower-case letters, digits and hyphens. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly server: UpstreamServer;
  readonly client: UpstreamClient;
  /** Asked of the provider: enough to tell who signs in, and what tools need there. */
  readonly scopes: readonly string[];
  /** Whether an ID token must come with the code. */
  readonly openid: boolean;
  /** More for the authorization request, such as `access_type=offline`. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly quirks?: UpstreamQuirks;
  /** Default: it takes none. */
  readonly wishes?: UpstreamWishes;
  /**
   * Tells who signed in from what came with the code. Rejects with NotAdmitted for somebody who may not come in, with
   * Unavailable where the provider does not answer, and with BadUpstreamAnswer where what it says cannot be.
   */
  identify(tokens: UpstreamTokens, deps: UpstreamDeps): Promise<Identity>;
  /**
   * Tells the same of somebody who signed in before, as `known`, by a token of theirs that is live: there is no code's answer
   * in `tokens`, and an ID token only if `renewsIdToken` and one came. Rejects alike. Left out: who they are stays as it was.
   */
  recheck?(tokens: UpstreamTokens, known: Identity, deps: UpstreamDeps): Promise<Identity>;
  /** Whether a refresh brings an ID token that says who somebody is now; then one is made for each `recheck`. */
  readonly renewsIdToken?: boolean;
  /** Which of our scopes the person may hand out, judged anew at every use. Undefined: they may not come in. */
  grants(identity: Identity): readonly string[] | 'all' | undefined;
}

/** Somebody who signed in at the provider and may not come in here. `reason` is a code for the log. */
export class NotAdmitted extends Error {
  override readonly name = 'NotAdmitted';
  readonly reason: string;

  constructor(reason: string) {
    super(`Not admitted: ${reason}`);
    this.reason = reason;
  }
}

/** A provider's answer that nothing may be built on. `reason` is a code for the log. */
export class BadUpstreamAnswer extends Error {
  override readonly name = 'BadUpstreamAnswer';
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super(`The identity provider's answer cannot be used: ${reason}`, { cause });
    this.reason = reason;
  }
}

/** Which of our scopes people may hand out: all, these, or by person. */
export type Grants = readonly string[] | 'all' | ((identity: Identity) => readonly string[] | 'all');
