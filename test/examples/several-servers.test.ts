import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearerToken, connect, InsufficientScopeError } from '../../src/client/index.ts';
import { callTool } from '../support/plain-http.ts';
import { type RunningExample, runExample } from './running-example.ts';

let example: RunningExample;
beforeAll(async () => {
  example = await runExample('several-servers', /server .*\/builds\/mcp/);
});
afterAll(async () => expect(await example.stop()).toBe(0));

describe('the example of several servers', () => {
  it('lets everybody who is signed in read the handbook, a machine without scopes too', async () => {
    await using client = await example.asMachine('intranet search', '/handbook');
    expect((await client.callTool('find_page', { word: 'tra' })).structuredContent).toEqual(['travel']);
    expect(await client.readResource('handbook://travel')).toMatchObject([{ text: 'Take the train.' }]);
  });

  it('asks for more scope where a tool needs it, of those who may grant it', async () => {
    await using grace = await example.asPerson('grace', '/payroll');
    expect((await grace.callTool('my_salary')).structuredContent).toEqual({ monthly: 5200 });
    expect((await grace.callTool('salary_of', { name: 'ada' })).structuredContent).toEqual({ monthly: 5000 });
    await using ada = await example.asPerson('ada', '/payroll');
    expect((await ada.callTool('my_salary')).structuredContent).toEqual({ monthly: 5000 });
    await expect(ada.callTool('salary_of', { name: 'grace' })).rejects.toThrow(InsufficientScopeError);
  });

  it('takes the tokens of the build system for its own server and for no other', async () => {
    const token = example.told('job      token for 15 minutes ');
    await using client = await connect(`${example.url}/builds/mcp`, { auth: bearerToken(token) });
    await client.callTool('report_build', { text: 'green' });
    expect((await client.callTool('list_builds')).structuredContent).toEqual({ reports: ['job-7: green'] });
    expect((await callTool(`${example.url}/handbook/mcp`, token, 'find_page', { word: '' })).status).toBe(401);
  });
});
