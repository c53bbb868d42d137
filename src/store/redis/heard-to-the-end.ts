import { AbstractConnector } from 'ioredis';

/**
 * Has the client library hear each connection to its end. It listens to the first error alone, and where it gives up a TLS
 * connection that is still being made, the server's answer to that is another one, which would end the process. To be called once.
 */
export function hearConnectionsToTheEnd(): void {
  const connectors = AbstractConnector.prototype as unknown as Connectors;
  const { disconnect } = connectors;
  connectors.disconnect = function hearing(this: Connectors) {
    // What broke it has been told; that it ends is all that is of interest now.
    this.stream?.on('error', () => undefined);
    disconnect.call(this);
  };
}

/** What of a connector is used. */
interface Connectors {
  readonly stream?: NodeJS.EventEmitter | null;
  disconnect(): void;
}
