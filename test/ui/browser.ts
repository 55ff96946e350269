import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { Test } from 'tap';

const executablePath = '/usr/bin/chromium';

/** Why the browser tests cannot run here; false when they can. */
export const withoutBrowser: string | false = existsSync(executablePath)
  ? false
  : 'there is no /usr/bin/chromium; npm run setup installs it';

/** How long a page may take for one thing on a busy machine. */
export const patienceMs = 20_000;

/** A browser that ends with the test. */
export async function openBrowser(t: Test): Promise<Browser> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  t.teardown(() => browser.close());
  return browser;
}

export interface OpenPage {
  readonly page: Page;
  /** What went wrong in the page: errors, refused content, requests to others. Empty when nothing did. */
  readonly faults: string[];
}

/** A page that notes whatever goes wrong in it. @param origin that it may ask */
export async function openPage(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    acceptDownloads: true,
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // What the browser says of failed requests, the app says in its own words.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, origin: asked } = new URL(request.url());
    if (protocol.startsWith('http') && asked !== origin) faults.push(`asked ${request.url()}`);
  });
  return { page, faults };
}

/** The text of what a click downloads, and its name. */
export async function downloadOf(
  page: Page,
  click: () => Promise<void>,
): Promise<{ readonly name: string; readonly text: string }> {
  const [download] = await Promise.all([page.waitForEvent('download'), click()]);
  const stream = await download.createReadStream();
  const parts: Buffer[] = [];
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
  return { name: download.suggestedFilename(), text: Buffer.concat(parts).toString('utf8') };
}

/** Takes the keyboard's focus away from whatever has it. */
export async function leaveFocus(page: Page): Promise<void> {
  await page.evaluate('document.activeElement?.blur()');
}

/** An attribute of what has the keyboard's focus; null when it has none such. */
export async function focusedAttribute(page: Page, name: string): Promise<string | null> {
  return await page.evaluate(`document.activeElement?.getAttribute(${JSON.stringify(name)}) ?? null`);
}

/** Resolves when the first element that matches shows another text. */
export async function textOtherThan(page: Page, selector: string, text: string | null): Promise<void> {
  const exactly = new RegExp(`^${(text ?? '').replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
  await page.locator(selector).first().filter({ hasNotText: exactly }).waitFor();
}
