import type {
  CallToolResult,
  Client,
  CompleteRequestParams,
  CompleteResult,
  GetPromptResult,
  Implementation,
  Progress,
  Prompt,
  ReadResourceResult,
  RequestOptions,
  Resource,
  ResourceTemplateType,
  Tool,
} from '@modelcontextprotocol/client';

/** What can be said of one request. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds (default 60,000). The time that a person takes to sign in does not count. */
  readonly timeout?: number;
  readonly onProgress?: (progress: Progress) => void;
}

/** What one server, or several together, can be asked. Lists are whole: every page of them. */
export interface McpCalls extends AsyncDisposable {
  listTools(): Promise<readonly Tool[]>;
  listPrompts(): Promise<readonly Prompt[]>;
  listResources(): Promise<readonly Resource[]>;
  listResourceTemplates(): Promise<readonly ResourceTemplateType[]>;
  /** Calls a tool. `isError` of the result tells a failure of the tool itself. */
  callTool(name: string, input?: Record<string, unknown>, options?: CallOptions): Promise<CallToolResult>;
  readResource(uri: string, options?: CallOptions): Promise<ReadResourceResult['contents']>;
  getPrompt(name: string, input?: Record<string, string>, options?: CallOptions): Promise<GetPromptResult>;
  /** Values for one argument of a prompt, or for one variable of a resource template. */
  complete(params: CompleteRequestParams, options?: CallOptions): Promise<CompleteResult['completion']>;
  close(): Promise<void>;
}

/** A connection to one server. */
export interface McpClient extends McpCalls {
  /** What the server says of itself. */
  readonly server: Implementation | undefined;
  readonly instructions: string | undefined;
  /** The revision of the protocol that both speak, such as 2026-07-28. */
  readonly protocolVersion: string | undefined;
  /** The SDK's client, for whatever has no method here: nothing asks a person to sign in there. */
  readonly sdk: Client;
}

/** What stands behind a connection. */
export interface McpClientParts {
  readonly sdk: Client;
  /** Runs a request, and again once a person has signed in for it. */
  attempt<T>(request: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A connection as programs use it. */
export function mcpClient({ sdk, attempt, close }: McpClientParts): McpClient {
  return {
    server: sdk.getServerVersion(),
    instructions: sdk.getInstructions(),
    protocolVersion: sdk.getNegotiatedProtocolVersion(),
    sdk,
    listTools: async () => (await attempt(() => sdk.listTools())).tools,
    listPrompts: async () => (await attempt(() => sdk.listPrompts())).prompts,
    listResources: async () => (await attempt(() => sdk.listResources())).resources,
    listResourceTemplates: async () => (await attempt(() => sdk.listResourceTemplates())).resourceTemplates,
    callTool: (name, input = {}, options) =>
      attempt(() => sdk.callTool({ name, arguments: input }, requestOptions(options))),
    readResource: async (uri, options) =>
      (await attempt(() => sdk.readResource({ uri }, requestOptions(options)))).contents,
    getPrompt: (name, input = {}, options) =>
      attempt(() => sdk.getPrompt({ name, arguments: input }, requestOptions(options))),
    complete: async (params, options) =>
      (await attempt(() => sdk.complete(params, requestOptions(options)))).completion,
    close,
    [Symbol.asyncDispose]: close,
  };
}

const requestOptions = ({ signal, timeout, onProgress }: CallOptions = {}): RequestOptions => ({
  ...(signal && { signal }),
  ...(timeout !== undefined && { timeout }),
  ...(onProgress && { onprogress: onProgress }),
});
