import type {
  Client,
  ClientCapabilities,
  CreateMessageRequestParams,
  CreateMessageResult,
  ElicitRequestParams,
  ElicitResult,
  ListChangedHandlers,
  LoggingMessageNotificationParams,
  Root,
} from '@modelcontextprotocol/client';

/** What a server may ask this client, and tell it, in either era. What has no handler is not promised to servers. */
export interface ServerRequests {
  /** Asks the person: a form (`requestedSchema`) or a page to visit (`url`). */
  readonly onElicit?: (params: ElicitRequestParams) => ElicitResult | Promise<ElicitResult>;
  /** Asks the model. */
  readonly onSample?: (params: CreateMessageRequestParams) => CreateMessageResult | Promise<CreateMessageResult>;
  /** The folders that a server may know of. */
  readonly roots?: () => readonly Root[] | Promise<readonly Root[]>;
  readonly onLog?: (message: LoggingMessageNotificationParams) => void;
  /** A list of the server has changed: read it again. */
  readonly onListChanged?: (list: 'tools' | 'prompts' | 'resources') => void;
}

/** The capabilities that the handlers stand for. */
export const capabilitiesOf = ({ onElicit, onSample, roots }: ServerRequests): ClientCapabilities => ({
  ...(onElicit && { elicitation: { form: {}, url: {} } }),
  ...(onSample && { sampling: {} }),
  ...(roots && { roots: {} }),
});

/** The same for changes. Nothing is fetched again by itself. */
export function listChangedOf({ onListChanged }: ServerRequests): ListChangedHandlers | undefined {
  if (onListChanged === undefined) return undefined;
  const tells = (list: 'tools' | 'prompts' | 'resources') => ({
    autoRefresh: false,
    onChanged: () => onListChanged(list),
  });
  return { tools: tells('tools'), prompts: tells('prompts'), resources: tells('resources') };
}

/** Gives a client its handlers, before it connects. */
export function answerServer(client: Client, { onElicit, onSample, roots, onLog }: ServerRequests): void {
  if (onElicit) client.setRequestHandler('elicitation/create', async ({ params }) => onElicit(params));
  if (onSample) client.setRequestHandler('sampling/createMessage', async ({ params }) => onSample(params));
  if (roots) client.setRequestHandler('roots/list', async () => ({ roots: [...(await roots())] }));
  if (onLog) client.setNotificationHandler('notifications/message', ({ params }) => onLog(params));
}
