import type { Client } from '@modelcontextprotocol/client';
import type { Log } from '../../core/log.ts';
import type { ListName } from '../changes.ts';

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
  await client.listen(filter).catch((error: unknown) => log.warn('foreign_changes_not_heard', { error }));
}
