import { decodeJwt } from 'jose';
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { ProtectedResource } from '../../core/protected-resource.ts';
import { checkClientCredentials } from '../client-credentials.ts';
import type { ClientRecords } from '../client-records.ts';
import type { FormEndpoint } from '../form-endpoint.ts';
import { passForm } from '../request-body.ts';
import type { Revocations } from '../revocations.ts';
import { AnsweredBefore, type SingleUse, type SingleUseModel, type TokenAnswer } from './single-use.ts';
import { checkParameters, tokenRequest } from './token-request.ts';

/** What the token endpoint works with. */
export interface TokenEndpointParts {
  readonly provider: Provider;
  readonly resources: ReadonlyMap<string, ProtectedResource>;
  readonly clients: ClientRecords;
  readonly revocations: Revocations;
  readonly singleUse: SingleUse;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * In front of and behind `/token`. The code or refresh token is spent after oidc-provider has found everything else
 * in order and made the answer, by one atomic write: a refused request spends nothing, of many at once one is answered.
 */
export const tokenEndpoint =
  (parts: TokenEndpointParts): FormEndpoint =>
  async (ctx, form, next) => {
    checkParameters(form);
    checkClientCredentials(ctx, form.values);
    const parameters = tokenRequest(form, parts.resources);
    // Read before anything of the code is.
    const epoch = parameters.get('grant_type') === 'authorization_code' ? await parts.singleUse.epoch() : '';
    await fillRedirectUri(parameters, parts.provider);
    passForm(ctx, parameters);
    const answer = await answerOnce(ctx, next, epoch, parts);
    if (answer !== undefined) ctx.body = withoutEmptyScope(forResource(answer, parameters.get('resource')));
    refuseUnregisteredGrant(ctx, parameters.get('grant_type'));
  };

async function answerOnce(
  ctx: KoaContextWithOIDC,
  next: () => Promise<void>,
  epoch: string,
  parts: TokenEndpointParts,
): Promise<TokenAnswer | undefined> {
  try {
    await next();
    if (ctx.status !== 200) return undefined;
    if (ctx.oidc.client !== undefined) await parts.clients.renew(ctx.oidc.client.clientId);
    const answer = ctx.body as TokenAnswer;
    const used = spentBy(ctx);
    const outcome = used === undefined ? 'first' : await spend(used, answer, epoch, parts);
    if (used === undefined || outcome === 'first') return answer;
    await ctx.oidc.entities.RefreshToken?.destroy();
    if (outcome === 'later') return await answerLoser(ctx, used, parts);
    throw new errors.InvalidGrant('the store may have lost that this code was used');
  } catch (error) {
    if (!(error instanceof AnsweredBefore)) throw error;
    ctx.status = 200;
    return error.answer;
  }
}

interface Spent {
  readonly model: SingleUseModel;
  readonly id: string;
  readonly grantId: string;
  readonly expiresAt: number;
}

/** The credential that this answer was made for. */
function spentBy({ oidc }: KoaContextWithOIDC): Spent | undefined {
  const { AuthorizationCode, RotatedRefreshToken } = oidc.entities;
  const source = RotatedRefreshToken ?? AuthorizationCode;
  if (source === undefined) return undefined;
  const model = RotatedRefreshToken === undefined ? 'AuthorizationCode' : 'RefreshToken';
  return { model, id: source.jti, grantId: String(source.grantId), expiresAt: Number(source.exp) };
}

const spend = (
  { model, id, expiresAt }: Spent,
  answer: TokenAnswer,
  epoch: string,
  { singleUse, clock }: TokenEndpointParts,
) => singleUse.spend(model, id, answer, Math.max(60, expiresAt - clock() + 60), epoch);

/**
 * Somebody else was first: what was made here is undone. A refresh token gets its first answer again while that is
 * allowed; any other second use ends the grant (RFC 6749 §4.1.2, RFC 9700 §4.14.2).
 */
async function answerLoser(
  { oidc }: KoaContextWithOIDC,
  { model, id, grantId }: Spent,
  { singleUse, revocations, log }: TokenEndpointParts,
): Promise<TokenAnswer> {
  const answer = model === 'RefreshToken' ? await singleUse.answerBefore(id) : undefined;
  if (answer !== undefined) return answer;
  await revocations.grant(grantId);
  const event = model === 'RefreshToken' ? 'refresh_replay' : 'code_replay';
  log.warn(event, { client: oidc.client?.clientId, grant: grantId });
  throw new errors.InvalidGrant('used by another request at the same time');
}

/** OAuth 2.1 §4.1.3: `redirect_uri` may be left out; the one that the code was sent to is meant. */
async function fillRedirectUri(parameters: Map<string, string>, provider: Provider): Promise<void> {
  const code = parameters.get('code');
  if (parameters.get('grant_type') !== 'authorization_code' || code === undefined) return;
  if (parameters.has('redirect_uri')) return;
  const found = await provider.AuthorizationCode.find(code);
  parameters.set('redirect_uri', found?.redirectUri ?? provider.issuer);
}

/** An answer that is given again was made for one resource; it is no answer to a request for another. */
function forResource(answer: TokenAnswer, resource: string | undefined): TokenAnswer {
  if (resource === undefined || decodeJwt(String(answer.access_token)).aud === resource) return answer;
  throw new errors.InvalidTarget('the token is for another resource');
}

function withoutEmptyScope({ scope, ...answer }: TokenAnswer): TokenAnswer {
  return scope === '' || scope === undefined ? answer : { ...answer, scope };
}

/** RFC 6749 §5.2 has a code of its own for this. */
function refuseUnregisteredGrant(ctx: KoaContextWithOIDC, grantType: string | undefined): void {
  const { client } = ctx.oidc;
  const served = ['authorization_code', 'refresh_token', 'client_credentials'];
  if (ctx.status !== 400 || client === undefined || grantType === undefined || !served.includes(grantType)) return;
  if (!client.grantTypeAllowed(grantType)) {
    throw new errors.UnauthorizedClient('the client is not registered for this grant');
  }
}
