import { ConfigError } from '../../core/errors.ts';

/** What a URL says: where PostgreSQL is, in the words of `pg`, and what is for us. */
export interface PostgresTarget {
  readonly connectionString: string;
  readonly table: string | undefined;
  /** The most connections that are kept open. */
  readonly connections: number;
}

const MOST_CONNECTIONS = 10;
const PARAMETERS_OF_PG =
  /^(host|ssl|sslmode|sslcert|sslkey|sslrootcert|sslnegotiation|application_name|options|uselibpqcompat)$/;

/** Reads a PostgreSQL URL. Throws ConfigError naming STORE_URL, and nothing that stands in the URL. */
export function postgresTarget(url: string): PostgresTarget {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw fault('is no PostgreSQL URL: write postgres://user:password@host:5432/database');
  }
  const parsed = new URL(url);
  const table = parsed.searchParams.get('table') ?? undefined;
  const connections = parsed.searchParams.get('connections') ?? `${MOST_CONNECTIONS}`;
  if (!/^[1-9]\d{0,3}$/.test(connections))
    throw fault('has connections= with something other than a whole number above 0');
  for (const ours of ['table', 'connections']) parsed.searchParams.delete(ours);
  for (const name of parsed.searchParams.keys()) {
    if (!PARAMETERS_OF_PG.test(name)) throw fault('has a parameter that is not known (see docs/storage.md)');
  }
  return { connectionString: parsed.href, table, connections: Number(connections) };
}

/** A table name that needs no quotes, with its schema or without. Throws ConfigError for any other. */
export function readTable(name: string): string {
  if (/^([a-z_][a-z0-9_]{0,47}\.)?[a-z_][a-z0-9_]{0,47}$/.test(name)) return name;
  throw fault('has table= with something other than small letters, digits and _ (and a schema before a dot)');
}

const fault = (sentence: string): ConfigError => new ConfigError([`STORE_URL ${sentence}`]);
