import assert from 'node:assert/strict';
import type { Announcements } from '../../src/core/announcements.ts';

/** Announcements of your own, made for one law: as two nodes have them, the same twice where there is one node only. */
export interface AnnouncementsUnderTest {
  readonly here: Announcements;
  readonly there: Announcements;
  close(): Promise<void>;
}

/** One promise of the Announcements contract. `check` rejects with an AssertionError when it is broken. */
export interface AnnouncementLaw {
  readonly title: string;
  check(open: () => Promise<AnnouncementsUnderTest>): Promise<void>;
}

const WITHIN_MS = 5000;

function law(title: string, body: (nodes: AnnouncementsUnderTest) => Promise<void>): AnnouncementLaw {
  return {
    title,
    async check(open) {
      const nodes = await open();
      try {
        await nodesHearEachOther(nodes);
        await body(nodes);
      } finally {
        await nodes.close();
      }
    },
  };
}

/** What a listener has heard, and how to wait for more. Equal texts may be told once. */
function listen(node: Announcements, topic: string) {
  const heard: (string | undefined)[] = [];
  const stop = node.subscribe(topic, (text) => void heard.push(text));
  return {
    heard,
    stop,
    texts: () => heard.filter((text) => text !== undefined),
    async until(condition: () => boolean, say: () => void = () => undefined): Promise<void> {
      const start = performance.now();
      while (!condition()) {
        say();
        const late = performance.now() - start > WITHIN_MS;
        assert.ok(!late, `not heard within ${WITHIN_MS} ms; heard: ${heard.slice(-5)}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  };
}

/** Listening takes a moment to begin. */
async function nodesHearEachOther({ here, there }: AnnouncementsUnderTest): Promise<void> {
  for (const [one, other] of [[here, there] as const, [there, here] as const]) {
    const ear = listen(other, 'ready');
    await ear.until(
      () => ear.texts().length > 0,
      () => one.publish('ready', 'ready'),
    );
    ear.stop();
  }
}

/** What every Announcements promises. */
export const announcementLaws: readonly AnnouncementLaw[] = [
  law(
    'carries texts to the listeners of their topic at both nodes, once each and in any order',
    async ({ here, there }) => {
      const ears = [listen(here, 'revoked'), listen(there, 'revoked'), listen(there, 'revoked')];
      const other = listen(there, 'keys');
      here.publish('revoked', 'one');
      here.publish('revoked', 'two é 🗝 "\\\n');
      for (const ear of ears) await ear.until(() => ear.heard.length >= 2);
      there.publish('keys', 'last');
      await other.until(() => other.heard.length > 0);
      for (const { heard } of ears) assert.deepEqual([...heard].sort(), ['one', 'two é 🗝 "\\\n']);
      assert.deepEqual(other.heard, ['last']);
    },
  ),
  law('tells a listener that has stopped nothing more, and the others all the same', async ({ here, there }) => {
    const [first, second] = [listen(there, 'revoked'), listen(there, 'revoked')];
    first.stop();
    first.stop();
    here.publish('revoked', 'one');
    await second.until(() => second.heard.length > 0);
    assert.deepEqual(first.heard, []);
  }),
  law('of a text too long to carry, and of too many at once, says that anything may be meant', async (nodes) => {
    const { here, there } = nodes;
    const ear = listen(there, 'revoked');
    here.publish('revoked', 'x'.repeat(100_000));
    await ear.until(() => ear.heard.length > 0);
    assert.ok(ear.heard.every((text) => text === undefined || text.length === 100_000));
    for (let index = 0; index < 5000; index += 1) here.publish('revoked', `text ${index}`);
    await ear.until(() => ear.heard.includes('text 4999') || ear.heard.slice(1).includes(undefined));
    here.publish('revoked', 'afterwards');
    await ear.until(() => ear.heard.includes('afterwards'));
  }),
  law('lets one listener stop while it is told', async ({ here, there }) => {
    const stop = there.subscribe('revoked', () => stop());
    const ear = listen(there, 'revoked');
    here.publish('revoked', 'one');
    await ear.until(() => ear.heard.includes('one'));
  }),
];
