import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InsufficientScopeError } from '../../src/client/index.ts';
import { type RunningExample, runExample } from './running-example.ts';

let example: RunningExample;
beforeAll(async () => {
  example = await runExample('composed', /server .*\n/);
});
afterAll(async () => expect(await example.stop()).toBe(0));

describe('the example of a composed and a proxied server', () => {
  it('shows a person all parts under their names, and steps up for each', async () => {
    await using client = await example.asPerson('ada', '/office');
    expect((await client.listTools()).map(({ name }) => name).sort()).toEqual([
      'calendar_plan',
      'opening_hours',
      'weather_forecast',
      'weather_set_station',
    ]);
    await client.callTool('calendar_plan', { day: 'friday', text: 'Go home' });
    expect(await client.readResource('calendar://calendar/friday')).toMatchObject([{ text: 'Go home' }]);
    expect((await client.callTool('weather_set_station', { place: 'Delft' })).content).toEqual([
      { type: 'text', text: 'Measuring in Delft.' },
    ]);
  });

  it('lets a machine see the weather, and neither set it nor reach what no rule names', async () => {
    await using client = await example.asMachine('planner', '/office');
    expect((await client.callTool('weather_forecast', { day: 'friday' })).content).toEqual([
      { type: 'text', text: 'Rain on friday.' },
    ]);
    await expect(client.callTool('weather_set_station', { place: 'Delft' })).rejects.toThrow(InsufficientScopeError);
    await expect(client.callTool('weather_debug_dump')).rejects.toThrow('weather_debug_dump');
  });
});
