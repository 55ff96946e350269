import t from 'tap';
import { focusedAttribute, leaveFocus, openBrowser, openPage, withoutBrowser } from './browser.ts';
import { ServedCluster, smallSize } from './served-cluster.ts';

t.setTimeout(120_000);

t.test('everything can be done by keyboard', { skip: withoutBrowser }, async (t) => {
  const served = await ServedCluster.start(smallSize);
  t.teardown(() => served.stop());
  await served.report(4);
  const { page, faults } = await openPage(await openBrowser(t), new URL(served.url).origin);
  await page.goto(served.url);
  await page.locator('.card').first().waitFor();

  await t.test('the list of keys opens and closes', async (t) => {
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    t.pass();
  });

  await t.test('a namespace is chosen by typing', async (t) => {
    await page.keyboard.press('n');
    await page.keyboard.type('sho');
    await page.locator('#scope-namespace-item-0').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/namespace=shop/);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    await leaveFocus(page);
    t.equal(await page.getByRole('combobox', { name: 'Namespace' }).inputValue(), 'shop');
  });

  await t.test('the map is walked, and a workload focused', async (t) => {
    await page.locator('.face[tabindex="0"]').focus();
    const first = await focusedAttribute(page, 'data-id');
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp']) await page.keyboard.press(key);
    await page.keyboard.press('ArrowRight');
    const walked = await focusedAttribute(page, 'data-id');
    t.ok(walked);
    t.not(walked, first);
    await page.locator('.face[data-id="workload:shop/Deployment/cart"]').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Details' }).waitFor();
    await page.keyboard.press('f');
    await page.waitForURL(/entity=Deployment%2Fcart/);
  });

  await t.test('a table is walked, and a row decided', async (t) => {
    await leaveFocus(page);
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await page.waitForURL(/screen=egress/);
    await page.locator('.tr.row[tabindex="0"]').focus();
    await page.keyboard.press('ArrowDown');
    const line = await focusedAttribute(page, 'data-line');
    t.equal(line, '1');
    await page.keyboard.press('Enter');
    await page.waitForURL(/rows=/);
  });

  await t.test('a line of the policy shows its rule', async (t) => {
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('p');
    await page.getByRole('region', { name: 'Generated policy' }).waitFor();
    const line = page.locator('button.yaml-line').first();
    if ((await line.count()) > 0) {
      await line.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('region', { name: 'Rule' }).waitFor();
    }
    t.pass();
  });

  await t.test('light and dark', async (t) => {
    const theme = () => page.locator('html').getAttribute('data-theme');
    const before = await theme();
    await leaveFocus(page);
    await page.keyboard.press('t');
    t.not(await theme(), before);
  });
  t.strictSame(faults, []);
});
