import { interactionPolicy as policy } from 'oidc-provider';

/**
 * When the provider asks people: to sign in where nobody is, or where the account has been removed since; and for
 * consent with every authorization, unless `loadExistingGrant` has brought a grant for this very one.
 */
export function interactionPolicy(): policy.DefaultPolicy {
  const prompts = policy.base();
  const { Check } = policy;
  prompts.get('login')?.checks.add(
    new Check('account_gone', 'the account does not exist any more', ({ oidc }) => {
      return oidc.session?.accountId !== undefined && oidc.account === undefined;
    }),
  );
  prompts
    .get('consent')
    ?.checks.add(
      new Check(
        'no_grant',
        'this authorization has not been consented to',
        ({ oidc }) => oidc.entities.Grant?.jti === undefined,
      ),
    );
  return prompts;
}
