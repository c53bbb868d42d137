import type { Request } from 'express';
import { GatehouseError } from '../../core/errors.ts';
import { networkOf } from '../../core/network-of.ts';
import type { Principal } from '../../core/principal.ts';
import type { Turn } from '../../gate/verifier.ts';
import type { LimitedTool } from '../../mcp/endpoint.ts';
import { clientAddress } from '../client-address.ts';
import { askingTurns } from './asking-turns.ts';
import type { Budget } from './budget.ts';
import { openStreams } from './open-streams.ts';

/** How often MCP endpoints may be called. Undefined means that there is room; a number, the seconds until there is. */
export interface McpLimits {
  /** When somebody else may be asked about the token of a request. */
  turn(request: Request): Turn;
  /** Counts a call that was refused for its token, or for having none. Other faults are not counted. */
  refused(error: unknown, request: Request): Promise<number | undefined>;
  /** Counts a call of a known caller. */
  called(principal: Principal): Promise<number | undefined>;
  /** Counts a call of a tool that has a limit of its own. */
  usedTool(principal: Principal, tool: LimitedTool): Promise<number | undefined>;
  /** Takes a place for a stream; undefined when the caller has none left. Throws Unavailable when nobody has. */
  stream(principal: Principal): (() => void) | undefined;
}

/** What they are counted in. */
export interface McpBudgets {
  readonly calls: Budget;
  readonly anonymous: Budget;
  readonly refused: Budget;
  /** Streams at once of each caller. */
  readonly streams: number;
  /** Proxies in front that tell where a request comes from. */
  readonly hops: number;
  toolBudget(name: string, limit: LimitedTool): Budget;
}

/** A token that was good once says who calls, though not any more: its caller's neighbours have nothing to do with it. */
const STALE = ['expired', 'revoked'];

/** Known callers count by themselves and by client; everybody else by address. */
export function mcpLimits({ calls, anonymous, refused, streams, hops, toolBudget }: McpBudgets): McpLimits {
  const open = openStreams(streams);
  const tools = new Map<string, Budget>();
  return {
    turn: askingTurns(refused, hops),
    async refused(error, request) {
      if (!(error instanceof GatehouseError) || (error.status !== 401 && error.status !== 400)) return undefined;
      if (STALE.includes(error.reason)) return refused.take(`token ${request.headers.authorization}`);
      const budget = error.code === 'no_credentials' ? anonymous : refused;
      return budget.take(networkOf(clientAddress(request, hops)));
    },
    called: (principal) => calls.take(callerOf(principal)),
    usedTool(principal, limited) {
      const name = `${principal.resource} ${limited.tool}`;
      const budget = tools.get(name) ?? toolBudget(name, limited);
      tools.set(name, budget);
      return budget.take(personOf(principal));
    },
    stream: (principal) => open.open(callerOf(principal)),
  };
}

/** One person in two apps is two callers: an app that runs away must not stop the other. */
const callerOf = ({ issuer, kind, subject, clientId }: Principal): string =>
  JSON.stringify([issuer, kind, subject, clientId]);

const personOf = ({ issuer, kind, subject }: Principal): string => JSON.stringify([issuer, kind, subject]);
