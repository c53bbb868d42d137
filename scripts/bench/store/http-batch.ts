import { Agent, request } from 'node:http';
import { AT_ONCE, type Sample, sample } from './sample.ts';

/** A POST that must be answered 200. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A form, as the token endpoint takes it. */
export const formPost = (
  url: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Post => ({
  url,
  headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
});

/** Sends requests over kept connections. */
export interface Sender {
  /** Measures them; the answers in their order. Throws where one is not 200. */
  send(posts: readonly Post[], spent: () => Promise<number>): Promise<{ sample: Sample; answers: readonly string[] }>;
  close(): void;
}

/** Connections of our own to one server. */
export function sender(): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  return {
    async send(posts, spent) {
      const answers: string[] = [];
      const one = async (index: number) => {
        const post = posts[index];
        if (post !== undefined) answers[index] = await answerTo(agent, post);
      };
      return { sample: await sample(posts.length, one, spent), answers };
    },
    close: () => agent.destroy(),
  };
}

const answerTo = (agent: Agent, { url, headers, body }: Post): Promise<string> =>
  new Promise((resolve, reject) => {
    const length = { 'content-length': `${Buffer.byteLength(body)}` };
    const sent = request(url, { agent, method: 'POST', headers: { ...headers, ...length } }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part)).on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${url} answered ${response.statusCode}: ${errorIn(text)}`));
      });
    });
    sent.on('error', reject).end(body);
  });

const errorIn = (text: string): string => /"error(_description)?":"[^"]*"/.exec(text)?.[0] ?? '';
