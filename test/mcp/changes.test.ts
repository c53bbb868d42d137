import { expect, it } from 'vitest';
import { announcementListeners } from '../../src/core/announcements.ts';
import { announcedChanges, type Change, type HeardChange } from '../../src/mcp/changes.ts';
import { listensTo, type Told } from '../../src/mcp/told.ts';
import { until } from '../support/until.ts';
import { user } from './callers.ts';

const RESOURCE = 'https://rs.test/a/mcp';
const [alice, bob] = [user('alice'), user('bob')];

/** A carrier that keeps what was said, and two nodes that hear it. */
function setUp() {
  const { subscribe, tell } = announcementListeners();
  const said: (readonly [string, string])[] = [];
  const publish = (topic: string, text: string) => {
    said.push([topic, text]);
    tell(topic, text);
  };
  const changes = announcedChanges({ publish, subscribe }, RESOURCE);
  const heard: HeardChange[] = [];
  changes.subscribe((change) => void heard.push(change));
  const hearing = (count: number) =>
    until(
      async () => heard,
      ({ value = [] }) => value.length >= count,
    );
  return { changes, heard, hearing, said, tell };
}

it('equal changes are told once, and neither a URI nor a person is named to whoever carries them', async () => {
  const { changes, hearing, said } = setUp();
  for (let time = 0; time < 50; time += 1) changes.publish({ kind: 'resource', uri: 'notes://7', to: alice });
  changes.publish({ kind: 'list', list: 'tools', to: 'everyone' });
  expect(await hearing(2)).toEqual([
    { kind: 'resource', uriHash: expect.stringMatching(/^[\w-]{43}$/), to: expect.stringMatching(/^[\w-]{43}$/) },
    { kind: 'list', list: 'tools', to: '*' },
  ]);
  expect(JSON.stringify(said)).not.toMatch(/notes|alice|rs\.test/);
});

it('a flood is told as one change of anything, and what nobody can have meant is dropped', async () => {
  const { changes, hearing, tell, said } = setUp();
  changes.publish({ kind: 'list', list: 'prompts', to: 'everyone' });
  const [topic = ''] = said[0] ?? [];
  for (const text of ['', 'list users *', 'list tools', 'resource short *', `resource ${'a'.repeat(43)} everyone`])
    tell(topic, text);
  expect(await hearing(1)).toEqual([{ kind: 'list', list: 'prompts', to: '*' }]);
  for (let time = 0; time < 5000; time += 1) tell(topic, `resource ${String(time).padStart(43, '0')} *`);
  expect(await hearing(2)).toEqual([{ kind: 'list', list: 'prompts', to: '*' }, { kind: 'missed' }]);
});

it('MC-18 a listener is told what it asked for, may read and is concerned by; all of it after a gap', async () => {
  const { changes, heard, hearing } = setUp();
  const readable = new Set(['notes://1', 'notes://2']);
  const told = listensTo({
    principal: alice,
    lists: ['tools'],
    uris: ['notes://1', 'notes://2', 'notes://3'],
    mayRead: (uri) => readable.has(uri),
  });
  const said: readonly [Change, readonly Told[]][] = [
    [{ kind: 'resource', uri: 'notes://1', to: alice }, [{ kind: 'resource', uri: 'notes://1' }]],
    [{ kind: 'resource', uri: 'notes://2', to: 'everyone' }, [{ kind: 'resource', uri: 'notes://2' }]],
    [{ kind: 'resource', uri: 'notes://1', to: bob }, []],
    [{ kind: 'resource', uri: 'notes://3', to: alice }, []],
    [{ kind: 'resource', uri: 'notes://4', to: 'everyone' }, []],
    [{ kind: 'list', list: 'tools', to: alice }, [{ kind: 'list', list: 'tools' }]],
    [{ kind: 'list', list: 'tools', to: bob }, []],
    [{ kind: 'list', list: 'prompts', to: 'everyone' }, []],
  ];
  for (const [change] of said) changes.publish(change);
  await hearing(said.length);
  expect(heard.map(told)).toEqual(said.map(([, expected]) => expected));
  readable.delete('notes://2');
  expect(told({ kind: 'missed' })).toEqual([
    { kind: 'list', list: 'tools' },
    { kind: 'resource', uri: 'notes://1' },
  ]);
});
