import type { Client, McpSubscription } from '@modelcontextprotocol/client';

/**
 * Has a server tell of the resources that are named last, by `updated`: each by itself before 2026-07-28, all on one stream
 * since.
 */
export function watchResources(
  client: Client,
  updated: (uri: string) => void,
): (uris: readonly string[]) => Promise<void> {
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => updated(params.uri));
  const known = new Set<string>();
  let current: McpSubscription | undefined;
  /** The one before ends when the new one is there, so that nothing is missed. */
  const listenTo = async (uris: readonly string[]): Promise<void> => {
    const before = current;
    const stream = uris.length === 0 ? undefined : await client.listen({ resourceSubscriptions: [...uris] });
    current = stream;
    void stream?.closed.then(() => {
      if (current === stream) known.clear();
    });
    await before?.close();
  };

  return async (uris) => {
    const added = uris.filter((uri) => !known.has(uri));
    const removed = [...known].filter((uri) => !uris.includes(uri));
    if (added.length + removed.length === 0) return;
    if (client.getProtocolEra() === 'modern') await listenTo(uris);
    else {
      await Promise.all(added.map((uri) => client.subscribeResource({ uri })));
      await Promise.all(removed.map((uri) => client.unsubscribeResource({ uri })));
    }
    known.clear();
    for (const uri of uris) known.add(uri);
  };
}
