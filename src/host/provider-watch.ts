import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../core/log.ts';
import type { FindingItem, ProviderFinding } from '../gate/provider-finding.ts';
import type { ProviderReport } from './provider-checks.ts';

/** Seconds until a provider is looked at again: that did not answer, that does not fit, that fits. */
const AGAIN = { unanswered: 60, unfit: 600, fits: 3600 };

/** What is watched. */
export interface ProviderWatchParts {
  /** One look at a provider, given up when the signal says so. */
  check(signal: AbortSignal): Promise<ProviderReport>;
  readonly log: Log;
  /** Waits that many seconds, or until it is stopped. */
  readonly wait?: (seconds: number, signal: AbortSignal) => Promise<void>;
}

const sleep = (seconds: number, signal: AbortSignal): Promise<void> =>
  pause(seconds * 1000, undefined, { signal, ref: false }).catch(() => undefined);

/**
 * Looks at a provider now and then, in the background. What does not fit is logged once, in a sentence that says what to
 * change, and once more when it is mended. Nothing waits for it and nothing is refused by it.
 */
export function watchProvider({ check, log, wait = sleep }: ProviderWatchParts): { stop(): void } {
  const ending = new AbortController();
  void watch(
    () => check(ending.signal),
    log,
    (seconds) => wait(seconds, ending.signal),
    ending.signal,
  );
  return { stop: () => ending.abort() };
}

async function watch(
  check: () => Promise<ProviderReport>,
  log: Log,
  wait: (seconds: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const told = new Map<FindingItem, string>();
  while (!signal.aborted) {
    let next = AGAIN.unanswered;
    try {
      const { findings } = await check();
      if (signal.aborted) return;
      for (const finding of findings) tell(finding, told, log);
      next = nextLook(findings);
    } catch (error) {
      log.error('provider_check_failed', { error });
    }
    await wait(next);
  }
}

const EVENTS = {
  unfit: ['warn', 'provider_unfit'],
  unanswered: ['warn', 'provider_unanswered'],
  advice: ['info', 'provider_advice'],
} as const;

function tell({ item, verdict, sentence }: ProviderFinding, told: Map<FindingItem, string>, log: Log): void {
  if (verdict === 'fits') {
    if (told.delete(item)) log.info('provider_fits', { item, reason: sentence });
  } else if (told.get(item) !== sentence) {
    told.set(item, sentence);
    const [level, event] = EVENTS[verdict];
    log[level](event, { item, reason: sentence });
  }
}

function nextLook(findings: readonly ProviderFinding[]): number {
  const verdicts = new Set(findings.map(({ verdict }) => verdict));
  if (verdicts.has('unanswered')) return AGAIN.unanswered;
  return verdicts.has('unfit') ? AGAIN.unfit : AGAIN.fits;
}
