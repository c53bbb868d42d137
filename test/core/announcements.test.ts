import { expect, test } from 'vitest';
import { localAnnouncements } from '../../src/core/announcements.ts';

test('each listener of a topic hears what is published there, until it stops listening', () => {
  const { publish, subscribe } = localAnnouncements();
  const heard: (string | undefined)[] = [];
  const listener = (text: string | undefined) => void heard.push(text);
  const stop = subscribe('keys', listener);
  const stopSecond = subscribe('keys', listener);
  publish('keys', 'one');
  publish('revoked', 'other topic');
  stop();
  stop();
  publish('keys', 'two');
  stopSecond();
  publish('keys', 'three');

  expect(heard).toEqual(['one', 'one', 'two']);
});

test('one that stops while it is told does not keep the others from hearing', () => {
  const { publish, subscribe } = localAnnouncements();
  const heard: (string | undefined)[] = [];
  const stop = subscribe('keys', () => stop());
  subscribe('keys', (text) => void heard.push(text));
  publish('keys', 'one');

  expect(heard).toEqual(['one']);
});
