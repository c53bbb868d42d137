import type { TokenCache } from './token-cache.ts';

/** How people sign in. */
export interface BrowserSignInOptions {
  /** Asked for at the first sign-in, between spaces. Left out: what the server's challenge names. */
  readonly scope?: string;
  /** Shown on the consent page (default `mcp-gatehouse`). */
  readonly clientName?: string;
  /** A client that is registered already. Its secret goes to the issuer that is named with it and to no other. */
  readonly client?: { readonly id: string; readonly secret?: string; readonly issuer: string };
  /** The https URL of this client's metadata document, for servers that take one in place of a registration. */
  readonly clientMetadataUrl?: string;
  /** Where tokens are kept (default: in memory alone): `fileCache('…')`. */
  readonly cache?: TokenCache;
  /** Shows the page to the person. Left out, it is opened in the browser of this machine, or else written to stderr. */
  readonly present?: (page: URL) => void | Promise<void>;
  /** For servers whose metadata name what they only lie below of, such as their origin: tokens are good for all of that. */
  readonly allowTokensForWiderResource?: boolean;
  /** Seconds that a person may take (default 300). */
  readonly patience?: number;
}
