import { type Browser, browser, type Landing } from '../support/browser.ts';
import { authorizeUrl, register } from '../support/client.ts';
import { PASSWORD, type World } from '../support/world.ts';

/** Fields of a form, some of them more than once. */
export type Fields = readonly (readonly [string, string])[];

/** A page that is open in a browser, and the way to send one of its forms. */
export interface OpenPage extends Landing {
  /** The token that the forms of the page carry. */
  readonly token: string;
  /** Sends a form of this page to `/interaction/<uid>/<step>`, by default with its token and our own origin. */
  post(
    step: string,
    fields: Fields,
    changes?: { token?: string | undefined; headers?: Record<string, string> },
  ): Promise<Landing>;
}

/** Where a visit begins and what it asks for. */
export interface Visit {
  readonly as: Browser;
  readonly client: { readonly client_id: string };
  readonly changes: Readonly<Record<string, string | undefined>>;
}

/** Starts an authorization in a browser of its own, by a client of its own, and stops at the first page. */
export async function visit(world: World, given: Partial<Visit> = {}): Promise<Visit & { readonly page: OpenPage }> {
  const { as = browser(world.issuer), changes = {} } = given;
  const client = given.client ?? (await register(world));
  const landing = await as.open(authorizeUrl(world, client, changes));
  return { as, client, changes, page: openPage(world, as, landing) };
}

/** The same, signed in and on the consent page. */
export async function visitConsent(
  world: World,
  { username = 'alice', ...given }: Partial<Visit> & { readonly username?: string } = {},
): Promise<Visit & { readonly page: OpenPage }> {
  const started = await visit(world, given);
  if (!started.page.html.includes('name="password"')) return started;
  const signedIn = await started.page.post('sign-in', credentials(username));
  return { ...started, page: openPage(world, started.as, await started.as.follow(signedIn)) };
}

/** A landing as a page with forms. */
export function openPage(world: World, as: Browser, landing: Landing): OpenPage {
  const token = /name="form" value="([^"]+)"/.exec(landing.html)?.[1] ?? '';
  return {
    ...landing,
    token,
    post(step, fields, changes = {}) {
      const sent = 'token' in changes ? changes.token : token;
      const form: Fields = sent === undefined ? [] : [['form', sent]];
      return as.send(`${new URL(landing.url).pathname}/${step}`, {
        method: 'POST',
        body: new URLSearchParams([...form, ...fields].map(([name, value]): [string, string] => [name, value])),
        headers: { origin: new URL(world.issuer).origin, ...changes.headers },
      });
    },
  };
}

/** The fields of the sign-in form. */
export const credentials = (username = 'alice', password = PASSWORD): Fields => [
  ['username', username],
  ['password', password],
];

/** The fields of an approval. */
export const approval = (...scopes: readonly string[]): Fields => [
  ...scopes.map((scope) => ['scope', scope] as const),
  ['decision', 'approve'],
];

/** What went back to the client. Throws where the browser did not get there. */
export function returned({ location, status, html }: Landing): URLSearchParams {
  if (location === undefined) throw new Error(`no redirect: ${status} ${html.slice(0, 300)}`);
  return new URL(location).searchParams;
}
