/** What a node of a cluster was reached by. */
export interface Addressed {
  readonly options: { readonly host?: string | undefined; readonly port?: number | undefined };
}

/** `host:port`, as the map of a cluster names its nodes. */
export const addressOf = ({ options: { host = '', port = 0 } }: Addressed): string => `${host}:${port}`;
