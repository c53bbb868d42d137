import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { discover, register, signIn } from '../flows/real-clients/strict-client.ts';
import { type Child, startNode } from '../support/child.ts';
import { packageFile } from '../support/package-file.ts';
import { createPerson } from '../support/person.ts';
import { PASSWORDS } from '../support/world.ts';

const SUITE = packageFile('@modelcontextprotocol/conformance', 'dist/index.js');

/** The official suite, in a folder of its own. */
export interface Suite {
  /** Starts it with these words. */
  start(words: readonly string[], environment?: Readonly<Record<string, string>>): Child;
  /**
   * Runs all that a revision requires of a server, signed in to the mount. It also fails where one of the scenarios that
   * are not claimed has come to pass.
   */
  requires(revision: string, resource: URL, notClaimed: readonly string[]): Promise<Child>;
  close(): Promise<void>;
}

/** Makes it ready. */
export async function conformanceSuite(): Promise<Suite> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-conformance-'));
  const children: Child[] = [];
  const start: Suite['start'] = (words, environment = {}) => {
    const child = startNode(SUITE, words, { HOME: directory, ...environment });
    children.push(child);
    return child;
  };
  return {
    start,
    async requires(revision, resource, notClaimed) {
      const as = await discover(resource);
      const client = await register(as);
      const person = createPerson('ada', PASSWORDS.ada);
      const { access_token } = await signIn({ as, client, person, resource, scope: 'everything:use' });
      const baseline = join(directory, `${children.length}.yml`);
      await writeFile(baseline, JSON.stringify({ server: notClaimed }));
      const words = ['--requirements', revision, '--expected-failures', baseline];
      return start(['server', '--url', resource.href, ...words], {
        NODE_OPTIONS: `--import=${new URL('../support/inject-bearer.ts', import.meta.url)}`,
        INJECT_ORIGIN: resource.origin,
        INJECT_TOKEN: access_token,
      });
    },
    async close() {
      await Promise.all(children.map((child) => child.stop()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A server without sessions cannot ask or tell a client of 2025 anything between its requests. */
export const NEEDS_SESSIONS = [
  'logging-set-level',
  'tools-call-with-logging',
  'tools-call-sampling',
  'tools-call-elicitation',
  'elicitation-sep1034-defaults',
  'elicitation-sep1330-enums',
  'resources-subscribe',
  'resources-unsubscribe',
  'server-sse-multiple-streams',
];
