import { writeForm } from './form.ts';

/**
 * The address that an authorization response goes to: the redirect URI byte for byte, the parameters appended to its
 * query (RFC 6749 §4.1.2, §4.1.2.1), never in a fragment.
 */
export function authorizationResponse(redirectUri: string, parameters: Readonly<Record<string, string>>): string {
  const joint = !redirectUri.includes('?') ? '?' : /[?&]$/.test(redirectUri) ? '' : '&';
  return `${redirectUri}${joint}${writeForm(Object.entries(parameters))}`;
}

/** The parameters of a response, from an address that oidc-provider has made. */
export function responseParameters(location: string): Readonly<Record<string, string>> {
  const sent = new URL(location).searchParams;
  const known = ['code', 'error', 'error_description', 'state', 'iss'];
  return Object.fromEntries(
    known.flatMap((name) =>
      sent
        .getAll(name)
        .slice(-1)
        .map((value) => [name, value]),
    ),
  );
}
