import { askForObject, textOf } from './provider-api.ts';
import { BadUpstreamAnswer, type Identity, type UpstreamDeps, type UpstreamTokens } from './upstream-provider.ts';

/** How the claims of one OpenID provider are read. */
export interface IdentityClaims {
  /** What the person is theirs for good. Default `sub`. */
  readonly subjectOf?: (claims: Readonly<Record<string, unknown>>) => unknown;
  /** The claim that names the tenant. */
  readonly tenantClaim?: string;
  /** Claims that list groups, by the kind that rules call them. */
  readonly groupClaims?: Readonly<Record<string, string>>;
  /** Whether an address that comes without `email_verified` is taken for verified: where a provider tells no other. */
  readonly emailsAreVerified?: boolean;
}

/** What tools may look at; the rest of an ID token is about the sign-in. */
const SHOWN = ['preferred_username', 'given_name', 'family_name', 'picture', 'locale', 'hd', 'nickname', 'website'];

/**
 * Who signed in, by the claims of an ID token that was checked (OpenID Connect Core §5.1). An address counts only where the
 * provider says that it is verified, as a boolean or as the text that some write.
 */
export function openidIdentity(
  { idToken: claims }: Pick<UpstreamTokens, 'idToken'>,
  reading: IdentityClaims = {},
): Identity {
  if (claims === undefined) throw new BadUpstreamAnswer('no_id_token');
  const { subjectOf = ({ sub }) => sub, tenantClaim, groupClaims = {}, emailsAreVerified = false } = reading;
  const subject = textOf(subjectOf(claims));
  if (subject === undefined) throw new BadUpstreamAnswer('subject');
  const name = textOf(claims.name);
  const address = textOf(claims.email);
  const verified = claims.email_verified ?? emailsAreVerified;
  const email = verified === true || verified === 'true' ? address : undefined;
  const tenant = tenantClaim === undefined ? undefined : textOf(claims[tenantClaim]);
  const username = textOf(claims.preferred_username) ?? address ?? name ?? subject;
  const groups = Object.entries(groupClaims).map(([kind, claim]) => [kind, textsOf(claims[claim])] as const);
  return {
    subject,
    username,
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    ...(tenant !== undefined && { tenant }),
    memberships: Object.fromEntries(groups),
    claims: Object.fromEntries(
      SHOWN.flatMap((claim) => (Object.hasOwn(claims, claim) ? [[claim, claims[claim]]] : [])),
    ),
  };
}

/** The claims of the ID token with what the userinfo endpoint says beside, about the same person (OpenID Connect Core §5.3.2). */
export async function claimsWithProfile(
  { accessToken, idToken }: UpstreamTokens,
  { fetch, userinfo }: UpstreamDeps,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const url = await userinfo();
  if (url === undefined) return idToken;
  const more = await askForObject(fetch, url, 'userinfo', { token: accessToken });
  if (more.sub !== idToken?.sub) throw new BadUpstreamAnswer('userinfo_of_another');
  const { email, email_verified: verified, ...said } = more;
  // That an address is verified is said of that address, not of another one in the ID token.
  const sameAddress = (idToken?.email ?? email) === email;
  const { email_verified: vouched, ...token } = idToken ?? {};
  const ofToken = token.email !== undefined && vouched !== undefined && { email_verified: vouched };
  return { ...said, ...(sameAddress && { email, email_verified: verified }), ...token, ...ofToken };
}

/** Texts of a claim that is one or a list of them. */
const textsOf = (value: unknown): readonly string[] =>
  [value].flat().filter((each) => typeof each === 'string' && each !== '') as string[];
