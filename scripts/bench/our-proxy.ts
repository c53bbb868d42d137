import type { Mountable } from 'mcp-gatehouse';
import { fixedHeaders, remote } from 'mcp-gatehouse/remote';
import { HELD } from './jobs.ts';
import type { Target } from './load.ts';

/** The same with a scope policy, as ours are mounted. */
export const ourProxy = ({ url, token }: Target): Mountable =>
  remote(url, {
    name: 'bench',
    policy: { rules: [{ kind: 'tool', name: '*', scopes: [HELD] }] },
    credentials: fixedHeaders({ authorization: `Bearer ${token}` }),
    required: true,
  });
