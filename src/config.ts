import { ConfigError } from './core/errors.ts';
import { readPublicUrl } from './core/public-url.ts';
import {
  choice,
  choices,
  type Environment,
  flag,
  integer,
  list,
  origins,
  readSettings,
  type Settings,
  text,
  type ValuesOf,
} from './core/setting.ts';

const day = 86_400;
const seconds = (least: number, most: number) => integer(least, most, 'seconds');
/** Requests in a span of time. There is no way to have no limit: where one is in the way, raise it. */
const count = integer(1, 10_000_000);
const STORE_URL = /^(memory:|sqlite:.+|rediss?(\+sentinel|-cluster)?:\/\/.+|postgres(ql)?:\/\/.+)$/;

const settings = {
  mode: { variable: 'NODE_ENV', fallback: 'development', read: choice('development', 'test', 'production') },
  publicUrl: { variable: 'PUBLIC_URL', fallback: '', read: text },
  port: { variable: 'PORT', fallback: '3000', read: integer(0, 65_535) },
  host: { variable: 'HOST', fallback: 'localhost', read: text },
  trustProxyHops: { variable: 'TRUST_PROXY_HOPS', fallback: '0', read: integer(0, 10) },
  allowedOrigins: { variable: 'ALLOWED_ORIGINS', fallback: '', read: origins },
  bodyLimit: { variable: 'BODY_LIMIT', fallback: '4194304', read: integer(1024, 67_108_864, 'bytes') },
  shutdownGrace: { variable: 'SHUTDOWN_GRACE', fallback: '25', read: seconds(0, 600) },
  readyDelay: { variable: 'READY_DELAY', fallback: '0', read: seconds(0, 300) },
  logLevel: { variable: 'LOG_LEVEL', fallback: 'info', read: choice('debug', 'info', 'warn', 'error', 'silent') },
  showErrors: { variable: 'SHOW_ERRORS', fallback: 'false', read: flag },
  directory: { variable: 'GATEHOUSE_DIR', fallback: '.gatehouse', read: text },
  storeUrl: { variable: 'STORE_URL', fallback: '', read: text },
  redisDurability: { variable: 'REDIS_DURABILITY', fallback: '', read: choices('fsync', 'replica') },
  keys: { variable: 'GATEHOUSE_KEYS', fallback: '', read: list },
  resealAfter: { variable: 'RESEAL_AFTER', fallback: '600', read: seconds(0, 604_800) },
  signingKeyLead: { variable: 'SIGNING_KEY_LEAD', fallback: '600', read: seconds(300, 604_800) },
  jwksMaxStale: { variable: 'JWKS_MAX_STALE', fallback: `${day}`, read: seconds(0, 7 * day) },
  codeLifetime: { variable: 'CODE_LIFETIME', fallback: '60', read: seconds(5, 600) },
  accessTokenLifetime: { variable: 'ACCESS_TOKEN_LIFETIME', fallback: '900', read: seconds(30, 3600) },
  machineTokenLifetime: { variable: 'MACHINE_TOKEN_LIFETIME', fallback: '600', read: seconds(30, 3600) },
  refreshIdleLifetime: { variable: 'REFRESH_IDLE_LIFETIME', fallback: `${30 * day}`, read: seconds(60, 365 * day) },
  refreshLifetime: { variable: 'REFRESH_LIFETIME', fallback: `${90 * day}`, read: seconds(60, 730 * day) },
  refreshGrace: { variable: 'REFRESH_GRACE', fallback: '30', read: seconds(0, 300) },
  signInLifetime: { variable: 'SIGN_IN_LIFETIME', fallback: '900', read: seconds(60, 3600) },
  recheckAfter: { variable: 'RECHECK_PEOPLE_AFTER', fallback: '3600', read: seconds(0, 30 * day) },
  recheckGrace: { variable: 'RECHECK_PEOPLE_GRACE', fallback: '14400', read: seconds(0, 30 * day) },
  registration: { variable: 'REGISTRATION', fallback: 'open', read: choice('open', 'stateless', 'off') },
  registrationLifetime: { variable: 'REGISTRATION_LIFETIME', fallback: `${90 * day}`, read: seconds(day, 730 * day) },
  statelessClientLifetime: { variable: 'STATELESS_CLIENT_LIFETIME', fallback: '0', read: seconds(0, 3650 * day) },
  privateSchemes: { variable: 'REDIRECT_PRIVATE_SCHEMES', fallback: '', read: list },
  metadataDocuments: { variable: 'CLIENT_METADATA_DOCUMENTS', fallback: 'on', read: choice('on', 'off') },
  loopbackMetadataDocuments: {
    variable: 'DANGEROUSLY_ALLOW_LOOPBACK_CLIENT_METADATA_DOCUMENTS',
    fallback: 'false',
    read: flag,
  },
  callLimit: { variable: 'RATE_LIMIT_CALLS', fallback: '6000', read: count },
  streamLimit: { variable: 'RATE_LIMIT_STREAMS', fallback: '20', read: integer(1, 10_000) },
  anonymousLimit: { variable: 'RATE_LIMIT_ANONYMOUS', fallback: '3000', read: count },
  refusedLimit: { variable: 'RATE_LIMIT_REFUSED', fallback: '600', read: count },
  registerLimit: { variable: 'RATE_LIMIT_REGISTER', fallback: '600', read: count },
  registerTotalLimit: { variable: 'RATE_LIMIT_REGISTER_TOTAL', fallback: '5000', read: count },
  authorizeLimit: { variable: 'RATE_LIMIT_AUTHORIZE', fallback: '600', read: count },
  tokenLimit: { variable: 'RATE_LIMIT_TOKEN', fallback: '3000', read: count },
  introspectLimit: { variable: 'RATE_LIMIT_INTROSPECT', fallback: '6000', read: count },
  signInLimit: { variable: 'RATE_LIMIT_SIGN_IN', fallback: '300', read: count },
  pageLimit: { variable: 'RATE_LIMIT_PAGES', fallback: '3000', read: count },
  dpop: { variable: 'DPOP', fallback: 'off', read: choice('off', 'accept', 'require') },
  dpopNonce: { variable: 'DPOP_NONCE', fallback: 'accept', read: choice('accept', 'require') },
  consent: { variable: 'CONSENT', fallback: 'always', read: choice('always', 'remember') },
  brandName: { variable: 'BRAND_NAME', fallback: 'Gatehouse', read: text },
  brandLogo: { variable: 'BRAND_LOGO', fallback: '', read: text },
  brandAccent: { variable: 'BRAND_ACCENT', fallback: '', read: text },
} as const satisfies Settings;

/** Everything that can be set from outside, checked and frozen. Lifetimes in seconds, sizes in bytes. */
export interface Config extends Omit<ValuesOf<typeof settings>, 'publicUrl' | 'storeUrl'> {
  readonly publicUrl: URL;
  /** `sqlite:<file>`, `memory:`, or the URL of a Redis or PostgreSQL. */
  readonly storeUrl: string;
  readonly production: boolean;
}

/** Values given in code, which win over the environment. */
export type ConfigOverrides = Partial<Omit<Config, 'production' | 'publicUrl'>> & { readonly publicUrl?: string | URL };

/** What else is read from the environment, such as what providers need. */
export interface OtherSettings<T> {
  readonly value: T;
  /** Sentences, each beginning with its variable. */
  readonly faults: readonly string[];
}

/** What is whole also where settings are at fault. */
export type ReadInPart = Pick<Config, 'production' | 'keys' | 'brandName' | 'brandLogo' | 'brandAccent'>;

/** What a command of ours proves itself with at a server that it asks. */
const clientSettings = { token: { variable: 'MCP_TOKEN', fallback: '', read: text } } as const satisfies Settings;

/** The token or API key that commands call servers with; empty where there is none. */
export const readClientToken = (environment: Environment = process.env): string =>
  readSettings(clientSettings, {}, environment).values.token ?? '';

/** Reads the environment once. Throws one ConfigError that lists every fault by variable name. */
export const readConfig = (overrides: ConfigOverrides = {}, environment: Environment = process.env): Config =>
  readConfigAnd(overrides, () => ({ value: undefined, faults: [] }), environment).config;

/** The same together with other settings: one ConfigError lists the faults of both. */
export function readConfigAnd<T>(
  overrides: ConfigOverrides,
  readOther: (environment: Environment, config: ReadInPart) => OtherSettings<T>,
  environment: Environment = process.env,
): { readonly config: Config; readonly other: T } {
  const { values, faults: unread } = readSettings(settings, overrides, environment);
  const faults = [...unread];
  const publicUrl = readUrl(values.publicUrl || `http://localhost:${values.port ?? settings.port.fallback}`, faults);
  const storeUrl = values.storeUrl || `sqlite:${values.directory}/state.db`;
  const config = { ...values, publicUrl, storeUrl, production: values.mode === 'production' } as Config;
  const other = readOther(environment, config);
  faults.push(...impossible(config), ...(config.production ? unsafe(config, environment) : []), ...other.faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return { config: Object.freeze(config), other: other.value };
}

function readUrl(text: string, faults: string[]): URL | undefined {
  try {
    return readPublicUrl(text);
  } catch (error) {
    faults.push(`PUBLIC_URL ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function impossible(config: Config): readonly string[] {
  const faults: string[] = [];
  if (!STORE_URL.test(config.storeUrl)) {
    faults.push(
      'STORE_URL must be memory:, sqlite:<file>, or a redis://, redis+sentinel://, redis-cluster:// or postgres:// URL',
    );
  }
  if (config.redisDurability?.length > 0 && !config.storeUrl.startsWith('redis')) {
    faults.push('REDIS_DURABILITY is for a Redis in STORE_URL: leave it out, or name one there');
  }
  if (config.readyDelay > config.shutdownGrace) {
    faults.push('READY_DELAY must not be longer than SHUTDOWN_GRACE, which includes it');
  }
  if (config.refreshIdleLifetime > config.refreshLifetime) {
    faults.push('REFRESH_IDLE_LIFETIME must not be longer than REFRESH_LIFETIME');
  }
  return faults;
}

/** What production refuses, each with the variable that mends it. */
function unsafe(config: Config, environment: Environment): readonly string[] {
  const faults: string[] = [];
  if (config.publicUrl?.protocol === 'http:') faults.push('PUBLIC_URL must be https in production');
  if (/^(sqlite:+)?:?memory:$/.test(config.storeUrl)) {
    faults.push('STORE_URL must not be memory: in production: a restart loses it');
  }
  if (/[?&](sslmode=no-verify|ssl=no-verify)(&|$)/.test(config.storeUrl)) {
    faults.push(
      'STORE_URL must not say no-verify in production: anybody on the way could be the server; use verify-full',
    );
  }
  if (config.keys?.length === 0) {
    faults.push('GATEHOUSE_KEYS must hold at least one sealing key in production (make one with `gatehouse keys new`)');
  }
  if (config.loopbackMetadataDocuments) {
    faults.push(`${settings.loopbackMetadataDocuments.variable} must be false in production`);
  }
  if (config.showErrors) {
    faults.push('SHOW_ERRORS must be false in production: what goes wrong inside is for the log alone');
  }
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    faults.push('NODE_TLS_REJECT_UNAUTHORIZED must not be 0: it switches off the check of certificates');
  }
  return faults;
}
