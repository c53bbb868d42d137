/** Error codes of RFC 7591 §3.2.2. */
export type RegistrationError = 'invalid_redirect_uri' | 'invalid_client_metadata' | 'invalid_software_statement';

/** Why metadata is refused. `description` is for the developer of the client and repeats nothing secret. */
export interface MetadataRefusal {
  readonly ok: false;
  readonly error: RegistrationError;
  readonly description: string;
}

/** Metadata that cannot be taken. Thrown by the readers of single members and turned into a `MetadataRefusal`. */
export class MetadataFault extends Error {
  readonly error: RegistrationError;

  constructor(description: string, error: RegistrationError = 'invalid_client_metadata') {
    super(description);
    this.name = 'MetadataFault';
    this.error = error;
  }
}

/** Runs a reader; a `MetadataFault` becomes a refusal, any other error goes on. */
export function readOrRefuse<Metadata>(
  read: () => Metadata,
): { readonly ok: true; readonly metadata: Metadata } | MetadataRefusal {
  try {
    return { ok: true, metadata: read() };
  } catch (error) {
    if (!(error instanceof MetadataFault)) throw error;
    return { ok: false, error: error.error, description: error.message };
  }
}
