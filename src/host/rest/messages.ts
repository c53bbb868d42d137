/** The JSON-RPC request that a REST request stands for. */
export interface RestMessage {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What a REST request brings: its query, and its parsed body where it has one. */
export interface RestInput {
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** One kind of request. A text is what is wrong with it. */
export interface RestOperation {
  readonly method: 'GET' | 'POST';
  message(input: RestInput): RestMessage | string;
  /** What the answer is made of where the server has nothing of the kind. */
  readonly empty?: Readonly<Record<string, readonly []>>;
}

/** The requests with a path of their own, by what follows the path of the mount's MCP endpoint. */
export const OPERATIONS: ReadonlyMap<string, RestOperation> = new Map<string, RestOperation>([
  ['/health', { method: 'GET', message: () => ({ method: 'ping', params: {} }) }],
  ['/tools', list('tools/list', { tools: [] })],
  ['/resources', list('resources/list', { resources: [] })],
  ['/resources/templates', list('resources/templates/list', { resourceTemplates: [] })],
  ['/prompts', list('prompts/list', { prompts: [] })],
  ['/call', named('tools/call')],
  ['/prompts/get', named('prompts/get')],
  [
    '/resources/read',
    {
      method: 'GET',
      message({ query }) {
        const [uri, another] = query.getAll('uri');
        if (uri === undefined || another !== undefined) return 'Name one resource: ?uri=….';
        return { method: 'resources/read', params: { uri } };
      },
    },
  ],
]);

/** A call of one tool: the body is its arguments. */
export const toolOperation = (name: string): RestOperation => ({
  method: 'POST',
  message: ({ body }) =>
    isObject(body) ? { method: 'tools/call', params: { name, arguments: body } } : 'The body must be an object.',
});

function list(method: string, empty: Readonly<Record<string, readonly []>>): RestOperation {
  return {
    method: 'GET',
    empty,
    message({ query }) {
      const cursor = query.get('cursor');
      return { method, params: cursor === null ? {} : { cursor } };
    },
  };
}

function named(method: string): RestOperation {
  return {
    method: 'POST',
    message({ body }) {
      const { name, arguments: given = {} } = isObject(body) ? body : {};
      if (typeof name !== 'string' || !isObject(given)) {
        return 'The body must be an object with a name, and arguments that are an object.';
      }
      return { method, params: { name, arguments: given } };
    },
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
