import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

/** A client of either era that signs in with `token` and answers what it is asked. */
export interface Caller {
  readonly client: Client;
  readonly asked: string[];
  readonly told: unknown[];
  call(name: string, input?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

/** The eras of the protocol, as the SDK's client calls its modes. */
export const ERAS = ['legacy', 'auto'] as const;

/** Connects one. It answers every question with `city`, unless it cannot be asked. */
export async function connectCaller(
  url: URL,
  token: string,
  mode: (typeof ERAS)[number],
  city: string | undefined = undefined,
): Promise<Caller> {
  const asked: string[] = [];
  const told: unknown[] = [];
  const client = new Client(
    { name: 'caller', version: '1' },
    {
      capabilities: city === undefined ? {} : { elicitation: {}, sampling: {}, roots: {} },
      versionNegotiation: { mode },
    },
  );
  if (city !== undefined) {
    client.setRequestHandler('elicitation/create', ({ params }) => {
      asked.push(params.message);
      return { action: 'accept', content: { city } };
    });
    client.setRequestHandler('sampling/createMessage', () => ({
      model: 'm',
      role: 'assistant',
      content: { type: 'text', text: `old pond of ${city}` },
    }));
    client.setRequestHandler('roots/list', () => ({ roots: [{ uri: `file:///${city}` }] }));
  }
  client.setNotificationHandler('notifications/message', ({ params }) => void told.push(params.data));
  await client.connect(
    new StreamableHTTPClientTransport(url, { requestInit: { headers: { authorization: `Bearer ${token}` } } }),
  );
  return {
    client,
    asked,
    told,
    async call(name, input = {}) {
      const meta = { 'io.modelcontextprotocol/logLevel': 'debug' };
      const params = { name, arguments: input, ...(mode === 'auto' && { _meta: meta }) };
      const onprogress = ({ message }: { message?: string | undefined }) => void told.push(message);
      const { content } = await client.callTool(params, { onprogress });
      return content[0]?.type === 'text' ? content[0].text : '';
    },
    close: () => client.close(),
  };
}
