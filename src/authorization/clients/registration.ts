import type { ClientMetadata } from './client-metadata.ts';
import { MetadataFault, type MetadataRefusal, readOrRefuse } from './metadata-fault.ts';
import { own } from './own-member.ts';
import { readClientMetadata } from './read-client-metadata.ts';
import type { RegistrationPolicy } from './registration-policy.ts';

export { defaultRegistrationPolicy, type RegistrationPolicy } from './registration-policy.ts';

/**
 * Checks a registration request (RFC 7591 §3.1) after its body was parsed. What comes back holds only members that we
 * keep: identifiers, secrets and unknown members sent along are dropped, and so is `scope`, which is no ceiling here.
 */
export function registrationRequest(
  body: unknown,
  policy: RegistrationPolicy,
): { readonly ok: true; readonly metadata: ClientMetadata } | MetadataRefusal {
  return readOrRefuse(() => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new MetadataFault('The registration request must be a JSON object.');
    }
    if ((own(body, 'software_statement') ?? undefined) !== undefined) {
      throw new MetadataFault('No issuer of software statements is trusted here.', 'invalid_software_statement');
    }
    return readClientMetadata(body, policy, 'registration');
  });
}
