import { accessSync, constants } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { requireOrSkip } from './required.ts';

const USUAL_PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this machine: CHROMIUM_PATH, or where packages put it. Undefined where there is none. */
export function chromiumPath(environment: Readonly<Record<string, string | undefined>> = process.env) {
  const places = environment.CHROMIUM_PATH ? [environment.CHROMIUM_PATH] : USUAL_PLACES;
  return places.find(isExecutable);
}

/** A `describe` for tests that need a real browser. */
export const describeWithChromium = requireOrSkip(
  'Chromium',
  chromiumPath() !== undefined,
  'install it from the packages of the system (apt-get install chromium) or set CHROMIUM_PATH',
);

/** Starts the browser without a window. Close it when done. */
export function launchChromium(): Promise<Browser> {
  const executablePath = chromiumPath() ?? '';
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
