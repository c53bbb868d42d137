import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** Stands for a build system that signs tokens for its jobs. */
export interface BuildSystem {
  readonly issuer: string;
  /** As a JWK: what the host is told. */
  readonly publicKey: string;
  /** A token for one resource, good for a quarter of an hour. */
  tokenFor(resource: string): Promise<string>;
}

/** Makes one, with a key of its own. */
export async function buildSystem(): Promise<BuildSystem> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const issuer = 'https://builds.example';
  return {
    issuer,
    publicKey: JSON.stringify({ ...(await exportJWK(publicKey)), alg: 'ES256' }),
    tokenFor: (resource) =>
      new SignJWT({ client_id: 'build-job', scope: 'builds:read builds:report' })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience(resource)
        .setSubject('job-7')
        .setIssuedAt()
        .setExpirationTime('15m')
        .sign(privateKey),
  };
}
