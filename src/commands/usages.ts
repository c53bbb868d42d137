/** What `gatehouse` alone says: every command in a line. */
export const OVERVIEW = `gatehouse <command>

  serve <file>                listen with the host that a file exports
  run <file>                  serve a server over stdin and stdout, to a local program
  user add|list|remove        accounts of the sign-in page
  machine add|list|remove     clients for machine-to-machine (client_credentials)
  api-key create|list|revoke  keys for programs that cannot sign in
  clients list|remove         clients that have registered themselves
  docs <file or URL>          writes who may use what, as Markdown; --check for CI
  check-provider <name or file>
                              whether an identity provider is set up for MCP clients
  revoke token|grant|client|user
                              end access before its time
  keys list|new|rotate|reseal|retire
                              the keys that state is sealed with and tokens are signed with

gatehouse <command> --help tells more of one; --version tells which this is.
Settings are read from the environment: see .env.example.`;

/** How each command is written: what --help says, and what follows on a mistake. */
export const USAGES = {
  serve: `gatehouse serve <file>

The file's default export is a host made with createHost. PORT and HOST say where it listens.`,

  run: `gatehouse run <file> [--scopes notes:read,notes:write] [--subject ada]

The file's default export is a server, as it is mounted on a host. It is served over stdin and stdout to the program that
started it, as a local user with every scope of the server unless --scopes says less.`,

  user: `gatehouse user add <name> [--scopes notes:read,notes:write | --scopes all] [--display-name "Ada"] [--email ada@example.com]
gatehouse user list
gatehouse user remove <name>

The password is asked for, or read from the first line of a pipe.`,

  machine: `gatehouse machine add <name> --scopes notes:read,notes:write [--public-key key.pem] [--enterprise]
gatehouse machine list
gatehouse machine remove <client id>

Without --public-key a secret is made and shown once. --scopes "" is for servers that need none. With --enterprise it gets no
tokens for itself, only for people of a company whose identity provider gives it ID-JAGs (ENTERPRISE_CLIENTS names it).`,

  'api-key': `gatehouse api-key create (--owner <name> | --user <account>) --scopes notes:read,notes:write --mounts /notes,/math|all
                         [--days 90 | --never-expires] [--description "nightly report"]
gatehouse api-key list
gatehouse api-key revoke <id>

A key of --user ends with the account, and may not hold a scope that the account may not grant. Default: 90 days.`,

  clients: `gatehouse clients list
gatehouse clients remove <client id>

The clients that have registered themselves. Of those whose id holds their metadata (REGISTRATION=stateless) no list is
kept; they can be removed all the same. Machine clients: gatehouse machine list.`,

  revoke: `gatehouse revoke token [file]
gatehouse revoke grant <id>
gatehouse revoke client <client id>
gatehouse revoke user [--subject] <name | subject>

A token is read from the file, or asked for, or read from the first line of a pipe; never write one on the command line.
An access token ends alone, a refresh token with its sign-in. Logs name a sign-in as "grant". What a client or a person
was given up to now ends; both may come back, unless they are removed (gatehouse clients remove, gatehouse user remove).
People who sign in elsewhere are named by their subject, such as github:583231: logs have it as "principal". Where an
account here is called so, too, --subject says that the subject is meant.`,

  docs: `gatehouse docs <file or URL> [--out <page.md>] [--check <page.md>]

Writes a page in Markdown: every server, its items with their arguments and scopes, and what people consent to. A file exports a
host or a server by default. Of a running server, the URL of its MCP endpoint, the page tells what is public; with a token or an API key
in MCP_TOKEN also what the caller is listed.

  --out    writes the page to this file in place of stdout
  --check  for CI, with a file: exits with 1 where somebody may do more than this page says; nothing is written then`,

  'check-provider': `gatehouse check-provider <name or file>

Looks at an identity provider as it is set up there: by the name of mcp-gatehouse/providers/<name>, with the settings of the
environment; or at those of the host that a file exports by default. Nobody signs in. The exit code is 1 where something
does not fit.`,

  keys: `gatehouse keys list                       the keys, what each is for, how many records it has sealed
gatehouse keys new                        prints a fresh sealing key and nothing else
gatehouse keys rotate | add               a new sealing key, first in its list: it seals, all of them open
gatehouse keys reseal                     seals all records with the first key; stop it and call it again at will
gatehouse keys retire <id> [--force]      ends a sealing key that has no records left; with --force those too
gatehouse keys rotate --signing           publishes a new key for signing tokens; it signs SIGNING_KEY_LEAD later
gatehouse keys retire --signing <kid>     ends a signing key, and all its tokens, at once
gatehouse keys rotate --cookies           a new key for the cookies of browsers; nobody is signed out
gatehouse keys retire --cookies <id>      ends a cookie key: every browser that it signed in is signed out at once

docs/keys.md tells what to do in which order, on one node and on many, and what to do about a key that leaked.`,
} as const;

/** The first word after `gatehouse`. */
export type CommandName = keyof typeof USAGES;
