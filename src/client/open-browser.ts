import { spawn } from 'node:child_process';

/** Where to open a page. */
export interface BrowserChoice {
  readonly platform: NodeJS.Platform;
  /** A program that takes the URL as its one argument (`BROWSER`), in place of the platform's opener. */
  readonly browser?: string | undefined;
}

/**
 * Asks the person's browser to open `url`. No shell sees the URL. False where no opener could be started, or where it
 * gave up at once: show the URL then. Rejects with TypeError for anything but http(s).
 */
export async function openBrowser(url: URL, choice: BrowserChoice): Promise<boolean> {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TypeError(`A browser is only sent to http(s) URLs, not to ${url.protocol}`);
  }
  const [command, ...args] = opener(choice);
  return new Promise((resolve) => {
    const child = spawn(command, [...args, url.href], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
    child.once('spawn', () => {
      child.unref();
      // An opener that is still busy after a moment is a browser that runs in the foreground.
      setTimeout(() => resolve(true), 1000).unref();
    });
  });
}

function opener({ platform, browser }: BrowserChoice): readonly [string, ...string[]] {
  if (browser) return [browser];
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return ['xdg-open'];
}
