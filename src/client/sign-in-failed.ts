import { OAuthError } from '@modelcontextprotocol/client';

/** A token could not be had. `code` is what the authorization server said (RFC 6749 §5.2), or a word of our own. */
export class SignInFailed extends Error {
  override readonly name = 'SignInFailed';
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** What the SDK says of an authorization server's refusal, in our words; any other error stays as it is. */
export function asSignInFailed(error: unknown): never {
  if (error instanceof OAuthError) throw new SignInFailed(error.code, error.message, error);
  throw error;
}
