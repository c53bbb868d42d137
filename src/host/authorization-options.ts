import { defaultMetadataDocumentPolicy } from '../authorization/clients/metadata-document.ts';
import { defaultRegistrationPolicy } from '../authorization/clients/registration-policy.ts';
import { defaultLifetimes, type Lifetimes } from '../authorization/lifetimes.ts';
import type { AuthorizationOptions } from '../authorization/options.ts';
import type { Branding } from '../authorization/pages/branding.ts';
import type { Config, ReadInPart } from '../config.ts';
import { safeFetch } from '../core/safe-fetch.ts';

type Parts = Pick<
  AuthorizationOptions,
  | 'store'
  | 'clock'
  | 'log'
  | 'resources'
  | 'clientIdKeys'
  | 'limits'
  | 'upstreams'
  | 'upstreamFetch'
  | 'ownAccounts'
  | 'enterprise'
  | 'proofs'
>;

/** What the configuration means to the authorization server. */
export function authorizationOptions(config: Config, parts: Parts): AuthorizationOptions {
  const { publicUrl, loopbackMetadataDocuments, privateSchemes } = config;
  // Neither a document nor a key set may lead back to us.
  const fetchRules = { denyHosts: [publicUrl.host], allowLoopback: loopbackMetadataDocuments };
  const { redirects } = defaultRegistrationPolicy;
  const registration = {
    ...defaultRegistrationPolicy,
    fetchRules,
    redirects: { ...redirects, privateSchemes: [...redirects.privateSchemes, ...privateSchemes] },
  };
  return {
    ...parts,
    publicUrl,
    registration,
    registrationMode: config.registration,
    documentedClients: config.metadataDocuments === 'on',
    metadataDocuments: { ...defaultMetadataDocumentPolicy, ...registration },
    fetch: safeFetch(fetchRules),
    consent: config.consent,
    branding: brandingOf(config),
    lifetimes: lifetimesOf(config),
    recheck: { after: config.recheckAfter, grace: config.recheckGrace },
  };
}

/** How the configuration presents the pages. */
export const brandingOf = ({ brandName, brandLogo, brandAccent }: ReadInPart): Branding => ({
  name: brandName,
  ...(brandLogo !== '' && { logo: brandLogo }),
  ...(brandAccent !== '' && { accent: brandAccent }),
});

/** The lifetimes of the configuration: whoever revokes must know them too, for a revocation outlives what it ends. */
export const lifetimesOf = (config: Config): Lifetimes => ({
  ...defaultLifetimes,
  code: config.codeLifetime,
  userAccess: config.accessTokenLifetime,
  machineAccess: config.machineTokenLifetime,
  refreshIdle: config.refreshIdleLifetime,
  refreshAbsolute: config.refreshLifetime,
  refreshGrace: config.refreshGrace,
  interaction: config.signInLifetime,
  registration: config.registrationLifetime,
  registrationStateless: config.statelessClientLifetime || Infinity,
});
