import type { Client } from '@modelcontextprotocol/client';
import type { Log } from '../../core/log.ts';
import type { ListName } from '../changes.ts';

/** How long until a stream that ended is asked for again, in milliseconds. What was missed meanwhile may be anything. */
const PAUSE = 5000;

/** Calls `changed` whenever the server says that a list has other entries: unasked before 2026-07-28, on a stream since. */
export async function hearLists(client: Client, changed: (list: ListName) => void, log: Log): Promise<void> {
  client.setNotificationHandler('notifications/tools/list_changed', () => changed('tools'));
  client.setNotificationHandler('notifications/prompts/list_changed', () => changed('prompts'));
  client.setNotificationHandler('notifications/resources/list_changed', () => changed('resources'));
  if (client.getProtocolEra() !== 'modern') return;
  const { tools, prompts, resources } = client.getServerCapabilities() ?? {};
  const filter = {
    ...(tools?.listChanged && { toolsListChanged: true }),
    ...(prompts?.listChanged && { promptsListChanged: true }),
    ...(resources?.listChanged && { resourcesListChanged: true }),
  };
  if (Object.keys(filter).length === 0) return;
  const listen = async (): Promise<void> => {
    const stream = await client.listen(filter);
    void stream.closed.then((how) => {
      if (how !== 'local') setTimeout(again, PAUSE).unref();
    });
  };
  const again = (): void => {
    if (client.transport === undefined) return;
    for (const list of ['tools', 'prompts', 'resources'] as const) changed(list);
    listen().catch(unheard);
  };
  const unheard = (error: unknown): void => log.warn('foreign_changes_not_heard', { error });
  await listen().catch(unheard);
}
