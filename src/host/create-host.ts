import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type RequestHandler } from 'express';
import type { AuthorizationServer } from '../authorization/authorization-server.ts';
import { type Config, type ConfigOverrides, readConfigAnd } from '../config.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { Unavailable } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { publishedUrl } from '../core/public-url.ts';
import type { Mountable } from '../mcp/mountable.ts';
import { createLog } from '../observe/log.ts';
import type { Store } from '../store/store.ts';
import { earlyFaults } from './early-faults.ts';
import { embedded } from './embedded.ts';
import { front } from './front.ts';
import { lastResort, notFound } from './last-resort.ts';
import { createListener, listenOn } from './listener.ts';
import { createMount, type Mount } from './mounts.ts';
import { checkProvider, type ProviderReport } from './provider-checks.ts';
import { type Auth, checkTogether, readProviders } from './read-providers.ts';
import { type Service, startService } from './service.ts';
import { shutDown } from './shut-down.ts';
import { tellWhere } from './tell-where.ts';
import { createTraffic } from './traffic.ts';

/** What a host is made of. Anything left out is read from the environment (see `.env.example`). */
export interface HostOptions extends ConfigOverrides {
  /** Who issues the tokens: a provider of `mcp-gatehouse/providers/*`, or several, each for its own kind of token. */
  readonly auth: Auth;
  /** A store of your own in place of STORE_URL; its values are sealed all the same. */
  readonly store?: Store;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly fetch?: typeof globalThis.fetch;
  /** Whether mounts speak plain REST beside MCP, unless a mount says otherwise (default false). */
  readonly rest?: boolean;
}

/** What one mount does otherwise than its host. */
export interface HostMountOptions {
  /** Plain REST below the path of the MCP endpoint: see docs/rest.md. */
  readonly rest?: boolean;
}

/** MCP servers behind one gate. */
export interface Host {
  readonly config: Config;
  /** An ordinary Express app that holds everything; add routes of your own to it before `listen`. */
  readonly app: Express;
  /**
   * The same without the app, for an Express app of yours: `yourApp.use(host.router)`. At the root of that app, for the
   * metadata is found below `/.well-known` of the origin (RFC 8414 §3.1, RFC 9728 §3.1) whatever path PUBLIC_URL has.
   */
  readonly router: RequestHandler;
  /** Accounts, machine clients and revocation of our own authorization server. Throws TypeError before `start`. */
  readonly authorization: AuthorizationServer;
  /** Looks at the identity providers as `gatehouse check-provider` does; started or not. Rejects with ConfigError. */
  checkProviders(): Promise<readonly ProviderReport[]>;
  /** What is mounted, in order. */
  readonly mounts: readonly Mount[];
  /** Serves `server` at `<publicUrl><path>/mcp`. Only before the host has started. */
  mount(path: string, server: Mountable, options?: HostMountOptions): Host;
  /** Opens the store and publishes the mounts; `listen` and the first request do so too. Rejects with ConfigError. */
  start(): Promise<void>;
  /** Serves on an HTTP or HTTPS server of yours. */
  attach(server: Server): void;
  /** Starts and listens (default: PORT and HOST). */
  listen(port?: number, hostname?: string): Promise<AddressInfo>;
  /**
   * Stops accepting, lets calls finish for SHUTDOWN_GRACE seconds, closes the store. Resolves with how many requests had
   * to be cut; rejects when the store did not close in time.
   */
  close(): Promise<{ readonly cut: number }>;
}

/** Makes a host. Throws ConfigError with every fault of the configuration, by variable name. */
export function createHost(options: HostOptions): Host {
  const { auth, store, clock = systemClock, fetch = globalThis.fetch, log: givenLog, rest, ...overrides } = options;
  const { config, other: providers } = readConfigAnd(overrides, (environment, read) => {
    const { value, faults } = readProviders(auth, environment, read);
    return { value, faults: [...earlyFaults(read), ...faults] };
  });
  checkTogether(providers, publishedUrl(config.publicUrl));
  const log = givenLog ?? createLog(config.logLevel);
  const mounts: Mount[] = [];
  const life = serviceLife(() => startService({ config, providers, mounts, clock, log, fetch, store }));
  const first = front(config, log, life.ready);
  const app = createApp(config, first, life.handle);
  const traffic = createTraffic();
  let closing: Promise<{ readonly cut: number }> | undefined;
  let completed = false;
  /** What nobody answered comes after the routes that the user added. */
  const complete = () => {
    if (!completed) app.use(notFound, lastResort(log));
    completed = true;
    return app;
  };

  const host: Host = {
    config,
    app,
    router: embedded(first, life.start),
    get authorization() {
      const authorization = life.current()?.authorization;
      if (authorization !== undefined) return authorization;
      throw new TypeError('No authorization server: start the host first, with a provider that needs one.');
    },
    checkProviders: () =>
      Promise.all(providers.map((provider) => checkProvider(provider, { config, clock, log, fetch }))),
    mounts,
    mount(path, server, own) {
      if (life.begun()) throw new TypeError(`Mount ${path} before the host starts.`);
      mounts.push(createMount(config.publicUrl, path, server, own?.rest ?? rest));
      return host;
    },
    start: async () => {
      await life.start();
    },
    attach(server) {
      traffic.watch(server);
      server.on('request', complete());
    },
    async listen(port = config.port, hostname = config.host) {
      await life.start();
      if (closing !== undefined) throw new Error('The host was closed while it started.');
      const listening = await listenOn(port, hostname, () => createListener());
      for (const server of listening.servers) host.attach(server);
      tellWhere(listening.address, config.publicUrl, mounts, log);
      return listening.address;
    },
    close() {
      life.drain();
      closing ??= shutDown({ traffic, service: life.current(), closeService: life.close, config, log });
      return closing;
    },
  };
  return host;
}

/** Starts the service once, on whoever asks first, and knows whether it should be sent traffic. */
function serviceLife(begin: () => Promise<Service>) {
  let starting: Promise<Service> | undefined;
  let service: Service | undefined;
  let draining = false;
  const start = async () => {
    if (draining && starting === undefined) throw new Unavailable('draining');
    starting ??= begin();
    service = await starting;
    return service;
  };
  return {
    start,
    begun: () => starting !== undefined,
    current: () => service,
    drain: () => {
      draining = true;
    },
    /** A start that failed has been told to whoever asked for it, and has left nothing open. */
    close: async () => {
      const started = await starting?.catch(() => undefined);
      await started?.close();
    },
    ready: async () => {
      if (draining) throw new Unavailable('draining');
      if (service === undefined) throw new Unavailable('starting');
      await service.ready();
    },
    handle: (async (request, response, next) => {
      (service ?? (await start())).handle(request, response, next);
    }) satisfies RequestHandler,
  };
}

function createApp(config: Config, first: RequestHandler, handle: RequestHandler): Express {
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('trust proxy', config.trustProxyHops);
  app.set('query parser', 'simple');
  app.use(first, handle);
  return app;
}
