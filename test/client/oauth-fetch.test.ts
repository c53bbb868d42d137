import { describe, expect, it } from 'vitest';
import { oauthFetch } from '../../src/client/oauth-fetch.ts';

describe('requests to authorization servers', () => {
  const asked: string[] = [];
  const answering: typeof fetch = async (input) => {
    asked.push(String(input));
    return new Response('{}');
  };
  const far = oauthFetch(answering, new URL('https://mcp.example.com/mcp'));
  const near = oauthFetch(answering, new URL('http://localhost:3000/mcp'));

  it('go over https, and over http on this machine for a server of this machine', async () => {
    asked.length = 0;
    await far('https://as.example.com/token');
    await far('https://localhost.example.com/token');
    await far('https://192.0.2.1/token');
    await near('https://as.example.com/token');
    await near('http://127.0.0.1:4000/token');
    expect(asked).toEqual([
      'https://as.example.com/token',
      'https://localhost.example.com/token',
      'https://192.0.2.1/token',
      'https://as.example.com/token',
      'http://127.0.0.1:4000/token',
    ]);
  });

  it.each([
    ['http://as.example.com/token'],
    ['http://localhost:4000/token'],
    ['https://localhost/token'],
    ['https://[::1]/token'],
    ['https://localhost./token'],
    ['https://as.localhost/token'],
    ['https://127.1/token'],
    ['https://0.0.0.0/token'],
    ['https://[::]/token'],
    ['https://[::ffff:127.0.0.1]/token'],
    ['http://0.0.0.0/token'],
    ['file:///etc/passwd'],
  ])('do not go to %s where a server elsewhere says so', async (url) => {
    asked.length = 0;
    await expect(far(url)).rejects.toThrow('that must be https, and not this machine');
    expect(asked).toEqual([]);
  });
});
