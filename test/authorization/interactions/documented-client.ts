import type { SafeFetch } from '../../../src/core/safe-fetch.ts';

/** Client ids whose metadata documents `documents` serves, as the hosts of well-behaved clients do. */
export const WEB_CLIENT = 'https://client.example/oauth/client.json';
export const DESKTOP_CLIENT = 'https://client.example/oauth/desktop.json';

export const WEB_CALLBACK = 'https://client.example/callback';
export const OTHER_CALLBACK = 'https://other.example/callback';
export const LOOPBACK_CALLBACK = 'http://localhost:49153/callback';

const REDIRECTS: Readonly<Record<string, readonly string[]>> = {
  [WEB_CLIENT]: [WEB_CALLBACK, OTHER_CALLBACK],
  [DESKTOP_CLIENT]: [LOOPBACK_CALLBACK],
};

/** The way out, with nobody but the two clients at its end. */
export const documents: SafeFetch = async (url) => {
  const body = JSON.stringify({
    client_id: url,
    client_name: 'Example Client',
    redirect_uris: REDIRECTS[url],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  });
  return { status: 200, headers: new Headers({ 'content-type': 'application/json' }), body: Buffer.from(body) };
};
