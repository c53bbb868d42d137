import { type Client, type McpSubscription, ProtocolError } from '@modelcontextprotocol/client';

/**
 * Has a server tell of the resources that are named last, by `updated`: each by itself before 2026-07-28, all on one stream
 * since. Rejects where it was not told of all of them; what one is refused is not asked for again while it is named.
 */
export function watchResources(
  client: Client,
  updated: (uri: string) => void,
): (uris: readonly string[]) => Promise<void> {
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => updated(params.uri));
  const known = new Map<string, 'told' | 'refused'>();
  let current: McpSubscription | undefined;
  /** The one before ends when the new one is there, so that nothing is missed. */
  const listenTo = async (uris: readonly string[]): Promise<void> => {
    const before = current;
    const stream = uris.length === 0 ? undefined : await client.listen({ resourceSubscriptions: [...uris] });
    current = stream;
    void stream?.closed.then(() => {
      if (current === stream) known.clear();
    });
    known.clear();
    for (const uri of uris) known.set(uri, 'told');
    await before?.close();
  };
  const begin = async (uri: string): Promise<void> => {
    try {
      await client.subscribeResource({ uri });
      known.set(uri, 'told');
    } catch (error) {
      if (error instanceof ProtocolError) known.set(uri, 'refused');
      throw error;
    }
  };
  const end = async (uri: string): Promise<void> => {
    const told = known.get(uri) === 'told';
    known.delete(uri);
    if (told) await client.unsubscribeResource({ uri });
  };

  return async (uris) => {
    const named = new Set(uris);
    const added = uris.filter((uri) => !known.has(uri));
    const removed = [...known.keys()].filter((uri) => !named.has(uri));
    if (added.length + removed.length === 0) return;
    if (client.getProtocolEra() === 'modern') return listenTo(uris);
    const outcomes = await Promise.allSettled([...added.map(begin), ...removed.map(end)]);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  };
}
