import type { Browser, Page } from 'playwright-core';

/** What counts as a useful paint: something of the cluster is on the page. */
const useful = '.card, .cell, .tr.row';

/** Notes the moment of the frame behind the one in which something useful came. */
const noteUseful = `
  addEventListener('DOMContentLoaded', () => {
    const look = () => {
      if (document.querySelector(${JSON.stringify(useful)}) === null) return;
      observer.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => { globalThis.usefulMs = performance.now(); }));
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { childList: true, subtree: true });
    look();
  });`;

/** Opens a page with an empty cache. @param url with its query. @returns it, and when it showed something useful */
export async function openUseful(
  browser: Browser,
  url: string,
  patienceMs: number,
): Promise<{ readonly page: Page; readonly usefulMs: number }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  await page.addInitScript(noteUseful);
  await page.goto(url);
  await page.locator(useful).first().waitFor();
  for (;;) {
    const usefulMs: number | null = await page.evaluate('globalThis.usefulMs ?? null');
    if (usefulMs !== null) return { page, usefulMs };
    await page.waitForTimeout(10);
  }
}

/** Runs something before each of so many frames. @param body of a function of the frame's number. @returns frame times in ms */
async function frames(page: Page, count: number, body: string): Promise<number[]> {
  return await page.evaluate(`new Promise((resolve) => {
    const step = (frame) => { ${body} };
    const times = [];
    let before = null;
    const next = (now) => {
      if (before !== null) times.push(now - before);
      before = now;
      if (times.length >= ${count}) return resolve(times);
      step(times.length);
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  })`);
}

/** Scrolls a table by 20 rows each frame. */
export async function scrollFrames(page: Page, count: number): Promise<number[]> {
  return await frames(page, count, "document.querySelector('.table').scrollTop += 600;");
}

/** Drags the map to and fro, as a mouse does. */
export async function panFrames(page: Page, count: number): Promise<number[]> {
  const drag = `
    const svg = document.querySelector('.map > svg');
    const at = (type, target, x) => target.dispatchEvent(
      new MouseEvent(type, { view: window, bubbles: true, clientX: x, clientY: 300, buttons: 1 }));
    if (frame === 0) at('mousedown', svg, 600);
    at('mousemove', window, 600 + 80 * Math.sin(frame / 6));`;
  const times = await frames(page, count, drag);
  await page.evaluate("dispatchEvent(new MouseEvent('mouseup', { view: window }))");
  return times;
}
