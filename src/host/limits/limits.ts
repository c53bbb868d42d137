import type { RequestLimits } from '../../authorization/request-limits.ts';
import type { Config } from '../../config.ts';
import type { Log } from '../../core/log.ts';
import { randomToken } from '../../core/secrets.ts';
import { type Budget, createBudget } from './budget.ts';
import { type McpLimits, mcpLimits } from './mcp-limits.ts';
import { requestLimits } from './request-limits.ts';
import type { SharedCounters } from './shared-counters.ts';

/** Every rate limit of a host. */
export interface Limits {
  readonly mcp: McpLimits;
  readonly requests: RequestLimits;
  /** Whether several nodes count together at the moment. */
  shared(): boolean;
  close(): void;
}

const MINUTE = 60;
const HOUR = 3600;
/** One wide network may have a quarter of all registrations: whoever has a /24 or a /48 leaves room for the others. */
const REGISTER_SHARES = 4;

/**
 * Makes the budgets that the configuration names. They are counted in Redis where the store is there, so that several
 * nodes count together; without an answer from it, each node counts for itself. Nothing that a caller is known by is kept
 * or logged as it is.
 */
export async function createLimits(config: Config, log: Log): Promise<Limits> {
  const shared = await countersOf(config.storeUrl, log);
  // The oldest key: while a new one is rolled out, all nodes have that one.
  const parts = { secret: config.keys.at(-1) ?? randomToken(), log, shared };
  const budget = (name: string, points: number, duration = MINUTE): Budget =>
    createBudget(name, { points, duration }, parts);
  return {
    mcp: mcpLimits({
      calls: budget('calls', config.callLimit),
      anonymous: budget('anonymous', config.anonymousLimit),
      refused: budget('refused', config.refusedLimit),
      streams: config.streamLimit,
      hops: config.trustProxyHops,
      toolBudget: (name, { calls, seconds }) => budget(`tool ${name}`, calls, seconds),
    }),
    requests: requestLimits({
      strangers: {
        register: budget('register', config.registerLimit, HOUR),
        authorize: budget('authorize', config.authorizeLimit),
        sign_in: budget('sign_in', config.signInLimit),
        pages: budget('pages', config.pageLimit),
      },
      registrationShare: budget('register_share', Math.ceil(config.registerTotalLimit / REGISTER_SHARES), HOUR),
      registrations: budget('register_all', config.registerTotalLimit, HOUR),
      clients: {
        token: budget('token', config.tokenLimit),
        introspect: budget('introspect', config.introspectLimit),
      },
      failures: {
        token: budget('token_failures', config.refusedLimit),
        introspect: budget('introspect_failures', config.refusedLimit),
      },
    }),
    shared: () => shared?.answers() ?? false,
    close: () => shared?.close(),
  };
}

/** The client of Redis is loaded where it is used. */
async function countersOf(url: string, log: Log): Promise<SharedCounters | undefined> {
  return url.startsWith('redis') ? (await import('./shared-counters.ts')).sharedCounters(url, log) : undefined;
}
