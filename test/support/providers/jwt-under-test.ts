import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { DirectProvider, KeysProvider } from '../../../src/gate/provider.ts';
import type { ProviderUnderTest } from '../../contracts/index.ts';
import { type FakeIssuer, issuerKey, SPOILED, startFakeIssuer } from './fake-issuer.ts';
import { providerDeps } from './provider-deps.ts';

/** How a provider of JWTs is put to the laws. */
export interface JwtUnderTest {
  provider(fake: FakeIssuer): DirectProvider | KeysProvider;
  /** Changes to what the issuer writes into a good token. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Other tokens of the issuer, by what they are: the claims that differ and the header. */
  readonly others?: Readonly<Record<string, readonly [Record<string, unknown>, Record<string, unknown>?]>>;
  /** The path of the issuer. Default `/tenant`. */
  readonly path?: string;
  /** What the issuer calls the claims that the laws name as RFC 9068 does. */
  readonly spell?: (claims: Readonly<Record<string, unknown>>) => Record<string, unknown>;
  /** What the claims of a token look like that an app was given for itself. */
  readonly app?: Readonly<Record<string, unknown>>;
  /** Whether keys are fetched. Default true. */
  readonly remote?: boolean;
}

const RESOURCE = 'https://rs.test/a/mcp';

/** Starts an issuer and the provider over it, for `providerLaws`. */
export async function startJwtUnderTest(options: JwtUnderTest): Promise<ProviderUnderTest> {
  const fake = await startFakeIssuer(options.path);
  const spell = options.spell ?? ((claims) => claims);
  const stranger = { ...(await issuerKey('k1')) };
  let now = 1_800_000_000;
  const good = () => ({
    iss: fake.issuer,
    aud: RESOURCE,
    sub: 'person',
    client_id: 'app',
    scope: 'a b',
    iat: now,
    exp: now + 600,
    ...options.claims,
  });
  const sign = (changes: Record<string, unknown>, header: Record<string, unknown> = {}, key = fake.keys[0]) =>
    fake.sign(spell({ ...good(), ...changes }), { ...options.header, ...header }, key);
  const appOnly = { sub: 'app', client_id: 'app', scope: undefined, ...options.app };
  return {
    verifier: options.provider(fake).verifier(providerDeps({ clock: () => now })),
    resource: RESOURCE,
    issuer: fake.issuer,
    needsExpiry: true,
    now: () => now,
    advance: (seconds) => {
      now += seconds;
    },
    mint: (changes = {}) => sign({ ...changes }),
    others: Object.fromEntries(
      Object.entries(options.others ?? {}).map(([what, [claims, header]]) => [what, () => sign(claims, header)]),
    ),
    mintForApp: () => sign(appOnly),
    signing: {
      sign: (changes, by) => sign({}, { ...changes }, by === 'stranger' ? stranger : fake.keys[0]),
      publicKey: async () => {
        const key = createPublicKey({ key: fake.keys[0]?.jwk as JsonWebKey, format: 'jwk' });
        return String(key.export({ type: 'spki', format: 'pem' }));
      },
      ...(options.remote !== false && {
        publishAnother: async () => {
          fake.keys = [...fake.keys, await issuerKey('k2')];
        },
      }),
    },
    ...(options.remote !== false && {
      remote: {
        ways: Object.keys(SPOILED),
        break: (way) => {
          const answer = SPOILED[way];
          if (answer !== undefined) fake.spoiled.set('jwks', answer);
        },
        heal: () => fake.spoiled.clear(),
      },
    }),
    close: () => fake.close(),
  };
}
