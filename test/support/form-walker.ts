import { type CookieJar, createCookieJar } from './cookie-jar.ts';
import { type Control, type Form, pageText, readForms, submitButtons } from './html-forms.ts';

/** Who walks, and what they press. */
export interface Walker {
  readonly username: string;
  readonly password: string;
  /** Pressed on the consent page (default: approve). */
  readonly decision?: 'approve' | 'deny';
  /** Scopes whose boxes are cleared before the consent is sent. */
  readonly untick?: readonly string[];
  /** Where the walk ends: the client's redirect URI. It is not called. */
  readonly redirectUri: string | URL;
  /** A browser that has been here before; a fresh one by default. */
  readonly jar?: CookieJar;
  /** Sees each page on the way. */
  readonly onPage?: (page: { readonly url: URL; readonly status: number; readonly html: string }) => void;
  /** Done before each step, such as restarting the server. */
  readonly beforeStep?: () => Promise<void>;
  /** Sends the requests in place of the global one. */
  readonly fetch?: typeof fetch;
}

const MOST_STEPS = 20;

interface Step {
  readonly url: URL;
  readonly form?: URLSearchParams;
  readonly from?: URL;
}

/**
 * Walks from an authorization URL to the client's redirect URI as a browser without scripts would: follows redirects,
 * keeps cookies, signs in, presses the consent's button. Resolves with the redirect, its parameters included. Throws
 * with the words of the page where it gets no further.
 */
export async function walk(authorizeUrl: string | URL, walker: Walker): Promise<URL> {
  const jar = walker.jar ?? createCookieJar();
  const end = new URL(walker.redirectUri);
  let signedIn = false;
  let step: Step = { url: new URL(authorizeUrl) };
  for (let count = 0; count < MOST_STEPS; count++) {
    if (step.url.origin === end.origin && step.url.pathname === end.pathname) return step.url;
    await walker.beforeStep?.();
    const response = await visit(step, jar, walker.fetch ?? fetch);
    const location = response.headers.get('location');
    if (location !== null) {
      await response.body?.cancel();
      step = { url: new URL(location, step.url), from: step.url };
      continue;
    }
    const html = await response.text();
    walker.onPage?.({ url: step.url, status: response.status, html });
    const form = pickForm(readForms(html, step.url));
    const asksPassword = form?.controls.some(({ kind }) => kind === 'password') ?? false;
    if (form === undefined || (asksPassword && signedIn)) {
      throw new Error(
        `The walk stopped at ${step.url.pathname} with ${response.status}: ${pageText(html).slice(0, 300)}`,
      );
    }
    signedIn ||= asksPassword;
    step = submit(form, walker, step.url);
  }
  throw new Error(`The walk did not arrive at ${end.href} in ${MOST_STEPS} steps.`);
}

async function visit({ url, form, from }: Step, jar: CookieJar, send: typeof fetch): Promise<Response> {
  const headers = new Headers({
    accept: 'text/html',
    'sec-fetch-site': from?.origin === url.origin ? 'same-origin' : 'cross-site',
  });
  const cookie = jar.header(url);
  if (cookie !== '') headers.set('cookie', cookie);
  if (form !== undefined && from !== undefined) headers.set('origin', from.origin);
  const response = await send(url, {
    method: form === undefined ? 'GET' : 'POST',
    headers,
    redirect: 'manual',
    ...(form === undefined ? {} : { body: form }),
  });
  jar.keep(url, response.headers.getSetCookie());
  return response;
}

/** The form that asks for a password, or else the first that can be sent. */
const pickForm = (forms: readonly Form[]): Form | undefined =>
  forms.find(({ controls }) => controls.some(({ kind }) => kind === 'password')) ??
  forms.find((form) => submitButtons(form).length > 0);

function submit(form: Form, walker: Walker, page: URL): Step {
  const fields = new URLSearchParams();
  for (const control of form.controls) {
    if (isSent(control, walker.untick ?? [])) fields.append(control.name, filledIn(control, walker));
  }
  const buttons = submitButtons(form);
  const deny = buttons.find(({ name, value }) => name === 'decision' && value === 'deny');
  const pressed = walker.decision === 'deny' ? (deny ?? buttons[0]) : buttons[0];
  if (pressed !== undefined && pressed.name !== '') fields.append(pressed.name, pressed.value);
  if (form.method === 'POST') return { url: form.action, form: fields, from: page };
  const url = new URL(form.action);
  url.search = fields.toString();
  return { url, from: page };
}

function isSent({ kind, name, value, checked }: Control, untick: readonly string[]): boolean {
  if (name === '' || kind === 'submit' || kind === 'image' || kind === 'button' || kind === 'reset') return false;
  return kind === 'checkbox' || kind === 'radio' ? checked && !untick.includes(value) : true;
}

function filledIn({ kind, name, value }: Control, { username, password }: Walker): string {
  if (kind === 'password') return password;
  return name === 'username' ? username : value;
}
