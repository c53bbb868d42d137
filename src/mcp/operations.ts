import type { Server } from '@modelcontextprotocol/server';
import { COMPLETION_OPERATIONS } from './operations/completions.ts';
import type { Operation, Serving } from './operations/operation.ts';
import { PROMPT_OPERATIONS } from './operations/prompts.ts';
import { RESOURCE_OPERATIONS } from './operations/resources.ts';
import { TOOL_OPERATIONS } from './operations/tools.ts';

/**
 * What this server answers, method by method; the handshake, `ping` and `server/discover` are the SDK's. An item that
 * the caller may not use is answered like one that does not exist: the challenge for it was given before this runs.
 */
const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries({ ...TOOL_OPERATIONS, ...PROMPT_OPERATIONS, ...RESOURCE_OPERATIONS, ...COMPLETION_OPERATIONS }),
);

/** Whether a method is one of them. */
export const isOperation = (method: string): boolean => OPERATIONS.has(method);

/** Gives `server` the handler of a method, where it has one and promises it. */
export function installOperation(server: Server, method: string, serving: Serving): void {
  const operation = OPERATIONS.get(method);
  if (operation !== undefined && server.getCapabilities()[operation.capability]) operation.install(server, serving);
}

/** Gives `server` the handlers of all methods that it promises. */
export function installOperations(server: Server, serving: Serving): void {
  for (const method of OPERATIONS.keys()) installOperation(server, method, serving);
}
