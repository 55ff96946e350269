import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import { newFolder, start, TestCluster } from './running.ts';

const index = '<!doctype html><html><head><title>Weir</title></head><body>one</body></html>';

function builtApp(t: Test): string {
  const outside = newFolder(t);
  writeFileSync(join(outside, 'secret.txt'), 'secret');
  const folder = join(outside, 'ui');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), index);
  writeFileSync(join(folder, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  writeFileSync(join(folder, 'assets', 'index-Dk3jf92a.js'), `console.log(${JSON.stringify('x'.repeat(5_000))});`);
  return folder;
}

async function serve(t: Test, options: { ui: string; httpBasePath?: string }) {
  const { aggregator } = await start(t, new TestCluster(), options);
  const get = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`http://${aggregator.httpAddress}${path}`, { redirect: 'manual', ...init });
    return {
      status: response.status,
      header: (name: string) => response.headers.get(name),
      text: await response.text(),
    };
  };
  return { aggregator, get };
}

t.test('the web app is served, and what is no file is a view of it', async (t) => {
  const { get } = await serve(t, { ui: builtApp(t) });
  const home = await get('/');
  t.equal(home.status, 200);
  t.equal(home.header('content-type'), 'text/html; charset=utf-8');
  t.match(home.text, '<head><base href="./"><title>');
  t.match((await get('/namespaces/shop?x=1')).text, '<base href="../">');
  t.match((await get('/favicon.svg')).header('content-type'), 'image/svg+xml');
  t.equal((await get('/assets/gone.js')).status, 404);
  t.equal((await get('/', { method: 'POST' })).status, 405);
  t.match(await get('/api/v2/x'), { status: 404, text: /METHOD_UNKNOWN/ });
});

t.test('files whose names change are kept for good, others are asked for again', async (t) => {
  const { get } = await serve(t, { ui: builtApp(t) });
  const script = await get('/assets/index-Dk3jf92a.js');
  t.equal(script.header('cache-control'), 'public, max-age=31536000, immutable');
  t.match(script.header('content-type'), /^text\/javascript/);
  t.equal(script.header('content-encoding'), 'gzip');
  const icon = await get('/favicon.svg');
  t.equal(icon.header('cache-control'), 'no-cache');
  const again = await get('/favicon.svg', { headers: { 'if-none-match': icon.header('etag') as string } });
  t.equal(again.status, 304);
});

t.test('a browser may run only what comes from here, and nobody may frame it', async (t) => {
  const { get } = await serve(t, { ui: builtApp(t) });
  for (const path of ['/', '/favicon.svg', '/api/v1/openapi.json', '/api/v1/nothing']) {
    const { header } = await get(path);
    t.match(header('content-security-policy'), /script-src 'self';.*frame-ancestors 'none'/, path);
    t.equal(header('x-content-type-options'), 'nosniff');
    t.equal(header('referrer-policy'), 'no-referrer');
  }
});

t.test('it can stand below a path', async (t) => {
  const { get } = await serve(t, { ui: builtApp(t), httpBasePath: '/tools/weir' });
  t.match(await get('/tools/weir/'), { status: 200, text: /<base href="\.\/">/ });
  const bare = await get('/tools/weir');
  t.equal(bare.status, 308);
  t.equal(new URL(bare.header('location') as string, 'http://x/tools/weir').pathname, '/tools/weir/');
  t.equal((await get('/tools/weir/api/v1/openapi.json')).status, 200);
  t.match(await get('/'), { status: 404, text: /everything is below \/tools\/weir\// });
});

t.test('nothing outside of the folder can be reached', async (t) => {
  const { aggregator } = await serve(t, { ui: builtApp(t) });
  const [host, port] = aggregator.httpAddress.split(':');
  const ask = (target: string) =>
    new Promise<string>((resolve, reject) => {
      let answer = '';
      const socket = connect(Number(port), host, () => {
        socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      });
      socket.on('data', (data: Buffer) => {
        answer += data.toString();
      });
      socket.on('error', reject).on('close', () => resolve(answer));
    });
  const targets = [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '//secret.txt',
  ];
  for (const target of targets) {
    const answer = await ask(target);
    t.match(answer, /^HTTP\/1\.1 404 /, target);
    t.notMatch(answer, /\r\n\r\nsecret/);
  }
  t.match(await ask('/%ff'), /^HTTP\/1\.1 400 /);
});

t.test('an app that was built again is served, and one that is missing is said to be', async (t) => {
  const folder = builtApp(t);
  const { get } = await serve(t, { ui: folder });
  t.match((await get('/')).text, 'one');
  writeFileSync(join(folder, 'index.html'), index.replace('one', 'two'));
  // As in images that are reproducible.
  utimesSync(join(folder, 'index.html'), 0, 0);
  t.match((await get('/')).text, 'two');
  const { get: without } = await serve(t, { ui: join(folder, 'nothing') });
  t.match(await without('/'), { status: 404, text: /web app is not installed/ });
});
