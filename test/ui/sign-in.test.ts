import { join } from 'node:path';
import type { Page } from 'playwright-core';
import t from 'tap';
import { flowsIn, guarded, proxySecret, serverName } from '../aggregator/guarded.ts';
import { batchOf, call } from '../aggregator/pusher.ts';
import { openBrowser, openPage, textOtherThan, withoutBrowser } from './browser.ts';
import { PathProxy } from './proxy.ts';

t.setTimeout(120_000);

const ui = join(import.meta.dirname, '../../ui');
/** For people to look at. */
const screenshots = join(import.meta.dirname, '../../../.screenshots');
const picture = (page: Page, name: string) => page.screenshot({ path: join(screenshots, `sign-in-${name}.png`) });

async function signIn(page: Page, user: string): Promise<void> {
  await page.getByLabel('Token').fill(`token-of-${user}`);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const status = (page: Page, text: string) => page.getByRole('status').filter({ hasText: new RegExp(`^${text}$`) });

t.test('a person signs in to an aggregator that knows its users', { skip: withoutBrowser }, async (t) => {
  const { aggregator, api, agent } = await guarded(t, { ui });
  const origin = `https://${aggregator.httpAddress}`;
  const browser = await openBrowser(t);
  const { page, faults } = await openPage(browser, origin, { ignoreHTTPSErrors: true });

  await t.test('without a token there is a page to sign in on, and a wrong one is told', async (t) => {
    await page.goto(`${origin}/?span=all&screen=ingress&namespace=data`);
    await page.getByText('Give a token of yours').waitFor();
    t.notOk(await page.getByRole('navigation').count(), 'nothing else is there');
    await picture(page, 'asked');
    await signIn(page, 'a-stranger');
    await page.getByRole('alert').filter({ hasText: 'This token is not valid' }).waitFor();
    await picture(page, 'wrong');
  });

  await t.test('who may see everything sees it, live too, and may not change what needs more', async (t) => {
    await signIn(page, 'viewer');
    await status(page, 'Live').waitFor();
    t.match(page.url(), 'screen=ingress&namespace=data', 'where one wanted to go');
    await page.locator('.tr.row').filter({ hasText: 'frontend' }).waitFor();
    const number = '.tr.row:has-text("frontend") .number';
    const before = await page.locator(number).first().textContent();
    agent.send(batchOf(2, [call('frontend-1', '10.1.0.4', 6379)]));
    await agent.ackThrough(2);
    await textOtherThan(page, number, before);
    await picture(page, 'viewer');
    api.accounts.grants = [
      ...api.accounts.grants,
      { to: 'viewer', verbs: ['list', 'get'], group: 'weir.dev', resource: '*', namespace: null },
    ];
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    const missing = page.getByText('You may look at this and not change it');
    await missing.nth(2).waitFor();
    await picture(page, 'settings');
    for (const name of ['Keep', 'Set alias', 'Accept'])
      t.ok(await page.getByRole('button', { name }).isDisabled(), name);
  });

  await t.test('nothing of the token is stored, so that a reload asks again', async (t) => {
    const stored = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])');
    t.notMatch(stored, /token-of/);
    t.strictSame(await page.context().cookies(), []);
    await page.reload();
    await page.getByText('Give a token of yours').waitFor();
  });

  await t.test('a token that ends while the page is live asks to sign in anew, and one goes on there', async (t) => {
    await page.goto(`${origin}/?span=all&screen=ingress&namespace=data`);
    await signIn(page, 'viewer');
    await status(page, 'Live').waitFor();
    api.accounts.tokens.delete('token-of-viewer');
    await page.getByRole('alert').filter({ hasText: 'Your token is no longer valid' }).waitFor();
    await picture(page, 'ended');
    t.notOk(await page.getByText('frontend').count(), 'what was seen is gone');
    api.accounts.tokens.set('token-of-viewer', { username: 'viewer' });
    await signIn(page, 'viewer');
    await page.locator('.tr.row').filter({ hasText: 'frontend' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out').waitFor();
    await picture(page, 'signed-out');
  });

  await t.test('who may see one namespace is led there, with the far ends hidden', async (t) => {
    await page.goto(`${origin}/?span=all&screen=egress`);
    await signIn(page, 'shopper');
    await page.locator('.tr.row').filter({ hasText: 'hidden from you' }).waitFor();
    t.match(page.url(), 'namespace=shop');
    await status(page, 'Live').waitFor();
    await picture(page, 'one-namespace');
    await page.getByRole('button', { name: 'Map', exact: true }).click();
    await page.locator('.face[data-id="unresolved:hidden"]').waitFor();
    await page.locator('.histogram .bar').first().waitFor();
    await picture(page, 'one-namespace-map');
    await page.getByRole('button', { name: 'Coverage', exact: true }).click();
    await page.getByRole('cell', { name: 'n1', exact: true }).waitFor();
    await page.getByRole('heading', { name: 'Workloads, most open first' }).waitFor();
    await picture(page, 'one-namespace-coverage');
    await page.getByRole('button', { name: 'Generated policy', exact: true }).click();
    await page.getByRole('region', { name: 'Generated policy' }).filter({ hasText: 'namespaceSelector' }).waitFor();
    await picture(page, 'one-namespace-policy');
    await page.goto(`${origin}/?span=all&screen=ingress&namespace=data`);
    await signIn(page, 'shopper');
    await page.getByRole('heading', { name: 'Not permitted' }).waitFor();
    await status(page, 'Not permitted').waitFor();
    await picture(page, 'other-namespace');
    api.accounts.grants = [...api.accounts.grants, flowsIn('shopper', 'data')];
    await page.goto(`${origin}/?span=all&screen=egress`);
    await signIn(page, 'shopper');
    await page.getByRole('heading', { name: 'Choose a namespace' }).waitFor();
    await picture(page, 'choose');
    await page.getByRole('button', { name: /^shop/ }).click();
    await page.locator('.tr.row').filter({ hasText: 'redis' }).waitFor();
  });

  await t.test('who may see nothing is told what is missing', async () => {
    await page.goto(origin);
    await signIn(page, 'nobody');
    await page.getByRole('heading', { name: 'Nothing is open to you' }).waitFor();
    await picture(page, 'nothing');
  });

  t.strictSame(faults, [], 'nothing was refused, nothing broke, nobody else was asked');
});

t.test('behind a proxy that signs people in there is no page to do so', { skip: withoutBrowser }, async (t) => {
  const { aggregator, authority } = await guarded(t, { ui });
  const headers = { 'x-forwarded-user': 'viewer', 'x-weir-proxy-secret': proxySecret };
  const options = { headers, ca: authority, servername: serverName };
  const proxy = await PathProxy.start('', `https://${aggregator.httpAddress}`, options);
  t.teardown(() => proxy.stop());
  const { page, faults } = await openPage(await openBrowser(t), proxy.origin);
  await page.goto(`${proxy.url}?span=all&screen=ingress&namespace=data`);
  await page.locator('.tr.row').filter({ hasText: 'frontend' }).waitFor();
  await status(page, 'Live').waitFor();
  t.ok(await page.getByTitle('Signed in as viewer').count());
  t.notOk(await page.getByRole('button', { name: 'Sign out' }).count(), 'the proxy has its own way out');
  await picture(page, 'proxy');
  proxy.signInAt = '/sign-in';
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await page.getByText('wants you to sign in there again').waitFor();
  await picture(page, 'proxy-ended');
  t.equal(proxy.signInsAsked, 0, 'the page did not ask its API there');
  proxy.signInAt = null;
  await page.getByRole('button', { name: 'Load anew' }).click();
  await page.locator('.card').first().waitFor();
  t.strictSame(faults, []);
});
