/** A widely used MCP client as it introduces itself. For tests of the default policy and for help on the consent page. */
export interface KnownClient {
  readonly name: string;
  /** Redirect URIs that it registers together, as they were seen; ports and path ends of them vary. */
  readonly redirectUris: readonly string[];
  readonly authMethod: 'none' | 'client_secret_basic' | 'client_secret_post';
  /** Hosts of its metadata documents, where it has any. */
  readonly documentHosts: readonly string[];
}

/** Every one of these must be able to register under the default policy. */
export const knownClients: readonly KnownClient[] = [
  {
    name: 'Claude',
    redirectUris: ['https://claude.ai/api/mcp/auth_callback', 'https://claude.com/api/mcp/auth_callback'],
    authMethod: 'client_secret_post',
    documentHosts: ['claude.ai'],
  },
  {
    name: 'Claude desktop',
    redirectUris: ['claude://claude.ai/mcp-auth-callback/sdk'],
    authMethod: 'none',
    documentHosts: [],
  },
  {
    name: 'Claude Code',
    redirectUris: ['http://localhost:54212/callback'],
    authMethod: 'none',
    documentHosts: ['claude.ai'],
  },
  {
    name: 'ChatGPT',
    redirectUris: [
      'https://chatgpt.com/connector_platform_oauth_redirect',
      'https://chatgpt.com/connector/oauth/aBcD1234eFgH',
    ],
    authMethod: 'client_secret_basic',
    documentHosts: ['chatgpt.com'],
  },
  {
    name: 'Visual Studio Code',
    redirectUris: [
      'https://insiders.vscode.dev/redirect',
      'https://vscode.dev/redirect',
      'http://127.0.0.1/',
      'http://127.0.0.1:33418/',
    ],
    authMethod: 'none',
    documentHosts: ['vscode.dev'],
  },
  {
    name: 'Cline',
    redirectUris: ['vscode://saoudrizwan.claude-dev/mcp-auth/callback/4f2a9c'],
    authMethod: 'none',
    documentHosts: [],
  },
  {
    name: 'Cursor',
    redirectUris: [
      'cursor://anysphere.cursor-mcp/oauth/callback',
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'http://localhost:8787/callback',
    ],
    authMethod: 'none',
    documentHosts: [],
  },
  {
    name: 'OpenCode',
    redirectUris: ['http://127.0.0.1:19876/mcp/oauth/callback'],
    authMethod: 'none',
    documentHosts: [],
  },
  {
    name: 'MCP Inspector',
    redirectUris: ['http://127.0.0.1:6280/oauth/callback'],
    authMethod: 'none',
    documentHosts: [],
  },
  {
    name: 'MCP Inspector command line',
    redirectUris: ['http://127.0.0.1:6276/oauth/callback'],
    authMethod: 'none',
    documentHosts: [],
  },
  {
    name: 'mcp-remote',
    redirectUris: ['http://localhost:3334/oauth/callback'],
    authMethod: 'none',
    documentHosts: [],
  },
];
