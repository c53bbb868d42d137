/**
 * Private-use schemes (RFC 8252 §7.1) without a dot that widely used MCP clients register for their sign-in callback.
 * Any scheme in reverse-domain form (`com.example.app`) is accepted without being named here.
 */
export const knownPrivateSchemes: readonly string[] = [
  'claude', // Claude desktop: claude://claude.ai/mcp-auth-callback/sdk
  'cursor', // Cursor: cursor://anysphere.cursor-mcp/oauth/callback
  'vscode', // Visual Studio Code and its extensions: vscode://<extension id>/…
  'vscode-insiders', // the preview builds of Visual Studio Code
  'vscodium', // the community builds of Visual Studio Code
  'windsurf', // Windsurf: the same extensions as Visual Studio Code under its own scheme
  'jetbrains', // JetBrains IDEs: jetbrains://gateway/…
];

/** Schemes that run script, read files or open sockets in a browser: refused even where a policy names them. */
export const forbiddenSchemes: ReadonlySet<string> = new Set([
  'about',
  'blob',
  'data',
  'file',
  'filesystem',
  'ftp',
  'intent',
  'javascript',
  'mailto',
  'vbscript',
  'view-source',
  'ws',
  'wss',
]);
