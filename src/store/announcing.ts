import { type Announcements, announcementListeners } from '../core/announcements.ts';
import { randomToken } from '../core/secrets.ts';
import { outgoingTexts } from './outgoing-texts.ts';

/** What a server brings for word between nodes. */
export interface AnnouncementCarrier {
  /** Sends to every node that listens. Logs its faults. Resolves with whether the server took it. */
  send(message: string): Promise<boolean>;
  /** Opens the way back, and opens it again whenever it is lost. Logs its faults. */
  listen(ears: Ears): CarrierEar;
}

/** Who is told of what comes in. */
export interface Ears {
  heard(message: string): void;
  /** From now on messages are heard; before, they may have been missed. */
  opened(): void;
}

/** A way back that is open, or being opened. */
export interface CarrierEar {
  /** Opens another one: this one hears nothing. */
  renew(): void;
  close(): Promise<void>;
}

/** Announcements over a server, and how to end them. */
export interface CarriedAnnouncements {
  readonly announcements: Announcements;
  /** Sends what is still to be sent, within the time that a call may take. */
  close(): Promise<void>;
}

/** How often a node asks itself whether it still hears what it says, in milliseconds. */
const BEAT_MS = 5000;
/** The longest message, in characters. PostgreSQL carries 8,000 bytes. */
const LONGEST = 1000;
const TOPIC = /^[\w:-]{1,100}$/;

/**
 * Announcements that a server carries. Listening begins with the first listener and is held to what it hears: a node that
 * does not hear itself listens anew. Its own listeners are told at once, whether the server is there or not.
 */
export function announcing(carrier: AnnouncementCarrier): CarriedAnnouncements {
  const node = randomToken(12);
  const { subscribe, tell, tellMissed } = announcementListeners();
  const sending = new Set<Promise<boolean>>();
  const outgoing = outgoingTexts((topic, text) => {
    void send(JSON.stringify({ node, topic, text }));
  });
  const send = async (message: string): Promise<boolean> => {
    const sent = carrier.send(message);
    sending.add(sent);
    return sent.finally(() => sending.delete(sent));
  };
  const pulse = heartbeat(() => send(JSON.stringify({ node })));
  let ear: CarrierEar | undefined;
  let closed = false;

  const listen = (): CarrierEar =>
    carrier.listen({
      opened() {
        tellMissed();
        pulse.begin(() => ear?.renew());
      },
      heard(message) {
        const said = readMessage(message);
        if (said === undefined) return;
        if (said.node === node) pulse.heard();
        else if (said.topic !== undefined) tell(said.topic, said.text);
      },
    });
  return {
    announcements: {
      publish(topic, text) {
        if (closed) return;
        tell(topic, text);
        outgoing.add(topic, text.length > LONGEST / 2 ? undefined : text);
      },
      subscribe(topic, listener) {
        if (!closed) ear ??= listen();
        return subscribe(topic, listener);
      },
    },
    async close() {
      outgoing.flush();
      closed = true;
      pulse.end();
      await Promise.all([ear?.close(), ...sending]);
    },
  };
}

/** Whoever reaches the server can have sent it: undefined for anything that is no message of ours. */
function readMessage(message: string) {
  if (message.length > LONGEST) return undefined;
  let said: unknown;
  try {
    said = JSON.parse(message);
  } catch {
    return undefined;
  }
  if (typeof said !== 'object' || said === null) return undefined;
  const { node, topic, text } = said as Readonly<Record<string, unknown>>;
  const topical = topic === undefined || (typeof topic === 'string' && TOPIC.test(topic));
  const textual = text === undefined || typeof text === 'string';
  return topical && textual ? { node, topic, text } : undefined;
}

/** Says something every few seconds. Where the server takes it and it never comes back, `unheard` is called, ever more rarely. */
function heartbeat(say: () => Promise<boolean>) {
  let timer: NodeJS.Timeout | undefined;
  let taken = false;
  let came = false;
  let patience = 1;
  let unheardFor = 0;
  const end = (): void => clearInterval(timer);
  return {
    end,
    heard() {
      came = true;
      patience = 1;
      unheardFor = 0;
    },
    begin(unheard: () => void) {
      end();
      taken = false;
      const beat = async (): Promise<void> => {
        if (taken && !came) unheardFor += 1;
        if (unheardFor >= patience) {
          patience = Math.min(patience * 2, 12);
          unheardFor = 0;
          end();
          return unheard();
        }
        came = false;
        taken = await say();
      };
      timer = setInterval(beat, BEAT_MS).unref();
    },
  };
}
