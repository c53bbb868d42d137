import { errors, type Grant, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import type { ConsentMemory } from './interactions/consent-memory.ts';
import { BARE_ACCESS } from './resource-servers.ts';
import type { Revocations } from './revocations.ts';
import { isUpstreamSubject } from './upstream/identities.ts';

const { Check, base } = interactionPolicy;

/** Seconds since the sign-in that a client insists on (OpenID Connect Core §3.1.2.1), noted by the authorize endpoint. */
export const maxAgeOf = (ctx: KoaContextWithOIDC): number | undefined => {
  const { maxAge } = ctx.state as { readonly maxAge?: number };
  return maxAge;
};

/** What the policy asks. */
export interface PolicyParts {
  readonly redirectIsAllowed: (ctx: KoaContextWithOIDC) => boolean;
  readonly revocations: Revocations;
}

/** When a person is asked to sign in, and to consent: consent belongs to one request and is never found in a session. */
export function interactionPolicyOf({ redirectIsAllowed, revocations }: PolicyParts) {
  const policy = base();
  const login = policy.get('login');
  login?.checks.unshift(
    // A page that was left without an answer must not be a way past it: what it was shown for is judged once.
    new Check('not_answered', 'the page was not answered', ({ oidc }) => {
      if (oidc.route === 'resume' && oidc.result === undefined)
        throw new errors.AccessDenied('the page was not answered');
      return Check.NO_NEED_TO_PROMPT;
    }),
    new Check('redirect_withdrawn', 'the redirect URI is no longer allowed', (ctx) => {
      if (!redirectIsAllowed(ctx)) throw new errors.InvalidRedirectUri();
      return Check.NO_NEED_TO_PROMPT;
    }),
    new Check('account_gone', 'the account is gone', 'login_required', (ctx) => accountIsGone(ctx, revocations)),
    new Check(
      'sign_in_too_old',
      'the sign-in is too old',
      'login_required',
      (ctx) => {
        const maxAge = maxAgeOf(ctx);
        return maxAge !== undefined && isOlderThan(ctx, maxAge);
      },
      // Kept with the page: whoever signs people in elsewhere is told.
      (ctx) => ({ maxAge: maxAgeOf(ctx) }),
    ),
  );
  // Every request needs a grant of its own, for clients on the person's machine and elsewhere alike.
  const consent = policy.get('consent');
  const native = consent?.checks.findIndex(({ reason }) => reason === 'native_client_prompt') ?? -1;
  if (native !== -1) consent?.checks.splice(native, 1);
  return policy;
}

/**
 * Of somebody who signs in elsewhere our session does not tell when they did that: they are sent there each time, and what the
 * provider says of it is looked at when they come back.
 */
function isOlderThan({ oidc }: KoaContextWithOIDC, maxAge: number): boolean {
  const { session, result, entities } = oidc;
  const answered = { ...entities.Interaction?.lastSubmission, ...result };
  const elsewhere = session?.accountId !== undefined && isUpstreamSubject(session.accountId);
  return session?.past(maxAge) === true || (elsewhere && answered.login === undefined);
}

/**
 * Whoever was signed in exists no more, or was signed out everywhere: a request in the middle ends with that, one at its
 * start asks to sign in anew.
 */
async function accountIsGone({ oidc }: KoaContextWithOIDC, revocations: Revocations): Promise<boolean> {
  const session = oidc.session as { accountId?: string; loginTs?: number } | undefined;
  if (session?.accountId === undefined) return false;
  const ended = await revocations.isRevoked({ sub: session.accountId, iat: session.loginTs });
  if (oidc.account !== undefined && !ended) return false;
  if (oidc.route === 'resume') throw new errors.AccessDenied('the account cannot be used');
  delete session.accountId;
  return true;
}

/** `loadExistingGrant` of oidc-provider: the grant that this very request was given, or one from what is remembered. */
export const grantOfRequest =
  (memory: ConsentMemory) =>
  async (ctx: KoaContextWithOIDC): Promise<Grant | undefined> => {
    const { oidc } = ctx;
    const grantId = oidc.result?.consent?.grantId;
    const grant = grantId === undefined ? await memory.rememberedGrant(ctx) : await oidc.provider.Grant.find(grantId);
    for (const resource of Object.keys(oidc.resourceServers ?? {})) grant?.addResourceScope(resource, BARE_ACCESS);
    return grant;
  };
