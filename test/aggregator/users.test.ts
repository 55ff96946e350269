import t from 'tap';
import { ruleOf } from '../../aggregator/access/method-rights.ts';
import { apiKeys } from '../../aggregator/api/handlers.ts';
import { serviceDefinition } from '../../proto/definitions.ts';
import { serviceNames } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';
import { bearer, flowsIn, guarded } from './guarded.ts';
import { batchOf, call } from './pusher.ts';

const methods = apiKeys.flatMap((key) =>
  serviceDefinition(serviceNames[key]).methodsArray.map(
    ({ name }) => [key, `${name.charAt(0).toLowerCase()}${name.slice(1)}`] as const,
  ),
);

function labelOf(entity: wire.Entity | null): string {
  if (entity?.entity === 'workload') return `${entity.workload.namespace}/${entity.workload.name}`;
  return entity?.entity === 'unresolved' ? `${entity.unresolved.reason} ${entity.unresolved.address}` : 'other';
}
const shown = (edges: readonly wire.Edge[]) =>
  edges.map(({ client, server }) => `${labelOf(client)} -> ${labelOf(server)}`).toSorted();
const hidden = 'hidden 0.0.0.0';
const inShop = { scope: { namespace: 'shop', workload: null } };

t.test('every method has a rule, and one that has none is for nobody', async (t) => {
  for (const [key, name] of methods) t.ok(ruleOf(`${key}/${name}`), `${key}/${name}`);
  t.equal(ruleOf('query/listSecrets'), null);
  t.equal(ruleOf('constructor'), null);
});

t.test('who may see everything sees everything, over gRPC as over HTTP', async (t) => {
  const { as, post } = await guarded(t);
  const viewer = as('viewer');
  const { edges } = await viewer.query.listEdges({});
  t.strictSame(shown(edges), ['data/backup -> data/redis', 'shop/frontend -> data/redis']);
  const reply = await post('query/listEdges', {}, bearer('viewer'));
  t.equal(reply.status, 200);
  t.strictSame(shown((JSON.parse(reply.body) as wire.ListEdgesResponse).edges), shown(edges));
  t.ok((await viewer.query.getStatus({})).clusters.length);
  t.ok((await viewer.policy.generate({})).yaml.includes('redis'));
});

t.test('who may see one namespace sees its edges with the far ends hidden, and no other', async (t) => {
  const { as, post } = await guarded(t);
  const { query, policy, alias, settings } = as('shopper');
  t.strictSame(shown((await query.listEdges(inShop)).edges), [`shop/frontend -> ${hidden}`]);
  const reply = await post('query/listEdges', inShop, bearer('shopper'));
  t.notMatch(reply.body, /redis|"data"|10\.1\.0\.4/);
  t.match(reply, { status: 200, body: /frontend/ });
  t.strictSame(
    (await query.listNamespaces({})).namespaces.map(({ name }) => name),
    ['shop'],
  );
  t.strictSame((await query.listWorkloads({ namespace: 'shop' })).workloads.length, 1);
  const refused: Readonly<Record<string, () => Promise<unknown>>> = {
    'all namespaces': () => query.listEdges({}),
    'another namespace': () => query.listEdges({ scope: { namespace: 'data', workload: null } }),
    'a workload of another': () =>
      query.listEdges({
        scope: { namespace: '', workload: { namespace: 'data', kind: 'Deployment', name: 'redis' } },
      }),
    'a namespace that there is none of': () => query.listWorkloads({ namespace: 'none' }),
    'another cluster': () => query.listEdges({ ...inShop, cluster: 'edge' }),
    'namespaces of another cluster': () => query.listNamespaces({ cluster: 'edge' }),
    'the status of all': () => query.getStatus({}),
    'the map of all': () => query.getGraph({}),
    'what may stand in a filter': () => query.completeFilter({}),
    'policies for all': () => policy.generate({}),
    'a check of all': () => policy.check({ manifests: [] }),
    'a comparison': () => policy.compare(inShop),
    'an order of rollout': () => policy.planRollout(inShop),
    baselines: () => policy.listBaselines({}),
    'what changed': () => policy.getDrift({ baseline: 'x' }),
    aliases: () => alias.listAliases({}),
    settings: () => settings.getSettings({}),
  };
  for (const [what, ask] of Object.entries(refused)) await t.rejects(ask(), { code: 7 }, what);
});

t.test('nobody without a token, and no user without rights, gets anything by any way', async (t) => {
  const { as, post, http, lines } = await guarded(t);
  const ways = { unknown: as(null), stranger: as('stranger'), nobody: as('nobody') };
  const codes = { unknown: 16, stranger: 16, nobody: 7 };
  const statuses = { unknown: 401, stranger: 401, nobody: 403 };
  for (const who of ['unknown', 'stranger', 'nobody'] as const) {
    const headers: Record<string, string> = who === 'unknown' ? {} : bearer(who);
    for (const [key, name] of methods) {
      const path = `${key}/${name}`;
      const reply =
        path === 'query/follow'
          ? await http('GET', `/api/v1/${path}`, headers)
          : await post(path, path === 'query/listEdges' ? inShop : {}, headers);
      // A method that has no handler in this version is none.
      if (reply.status === 404) continue;
      if (who === 'nobody' && path === 'query/getAccess') {
        t.match(reply, { status: 200, body: /"user":"nobody","seesAll":false/ });
        continue;
      }
      if (who === 'nobody' && path === 'query/listNamespaces') {
        t.match(reply, { status: 200, body: /^{"namespaces":\[\]}$/ });
        continue;
      }
      t.equal(reply.status, statuses[who], `${who} ${path}`);
      t.notMatch(reply.body, /redis|frontend|10\.1\.0/);
      if (path === 'query/follow') continue;
      const calls = ways[who][key] as unknown as Readonly<Record<string, (request: object) => Promise<unknown>>>;
      await t.rejects(calls[name]?.({}) as Promise<unknown>, { code: codes[who] }, `${who} ${path} over gRPC`);
    }
    const follow = ways[who].query.follow(inShop);
    const error = await new Promise((resolve) => follow.once('error', resolve));
    t.match(error, { code: codes[who] }, `${who} follows`);
  }
  t.ok(lines.filter(({ msg, user }) => msg === 'call refused' && user === 'nobody').length > 10, 'all is in the log');
});

t.test('what is refused changes nothing, and what is changed is told with who did it', async (t) => {
  const { as, lines } = await guarded(t);
  const wanted = {
    alias: { name: 'bank', cidr: '203.0.113.0/24', allowed: true, comment: '', expiresUnixMs: 0, expired: false },
  };
  for (const user of ['viewer', 'shopper', 'nobody']) {
    await t.rejects(as(user).alias.setAlias(wanted), { code: 7 }, user);
    await t.rejects(as(user).settings.setSettings({ settings: null }), { code: 7 }, user);
  }
  const admin = as('admin');
  t.strictSame((await admin.alias.listAliases({})).aliases, []);
  t.notOk(lines.some(({ msg }) => msg === 'audit'));
  await admin.alias.setAlias(wanted);
  t.match(
    lines.find(({ msg }) => msg === 'audit'),
    { user: 'admin', method: 'alias/setAlias', request: /203\.0\.113\.0/, result: 'changed' },
  );
  await t.rejects(admin.alias.removeAlias({ name: 'none' }), { code: 5 });
  t.match(lines.at(-1), { msg: 'audit', method: 'alias/removeAlias', result: /No such alias/ });
});

t.test('whoever follows sees no more than their rights at that moment', async (t) => {
  const { as, agent, api } = await guarded(t);
  const stream = as('shopper').query.follow(inShop);
  const windows: wire.FollowResponse[] = [];
  let wake = () => undefined as void;
  stream.on('data', (window: wire.FollowResponse) => {
    windows.push(window);
    wake();
  });
  const ended = new Promise((resolve) => stream.once('error', resolve));
  await new Promise((resolve) => stream.once('metadata', resolve));
  const push = async (sequence: number) => {
    agent.send(batchOf(sequence, [call('frontend-1', '10.1.0.4', 6379)]));
    await agent.ackThrough(sequence);
  };
  await push(2);
  while (windows.length < 1) await new Promise<void>((resolve) => (wake = resolve));
  t.strictSame(shown(windows[0]?.edges ?? []), [`shop/frontend -> ${hidden}`]);
  api.accounts.grants = [...api.accounts.grants, flowsIn('shopper', 'data')];
  await push(3);
  t.match(await ended, { code: 14, details: /follow again/ }, 'whoever may see more than before begins anew');
  t.equal(windows.length, 1);
  const after = as('shopper').query.follow({ ...inShop, resumeToken: windows[0]?.resumeToken ?? '' });
  const afterEnded = new Promise((resolve) => after.once('error', resolve));
  const more: wire.FollowResponse[] = [];
  await new Promise<void>((resolve) => {
    after.on('data', (window: wire.FollowResponse) => {
      more.push(window);
      resolve();
    });
  });
  t.strictSame(shown(more[0]?.edges ?? []), ['shop/frontend -> data/redis'], 'and misses nothing');
  api.accounts.grants = [];
  await push(4);
  t.match(await afterEnded, { code: 7, details: /may not list flows/ });
  t.equal(more.length, 1, 'nothing comes once the rights are gone');
});

t.test('nothing is answered while the API server does not say who may what', async (t) => {
  const { as, api, post } = await guarded(t);
  const admin = as('admin');
  await admin.query.listEdges({});
  const faults = ['tokenreviews', 'subjectaccessreviews'] as const;
  for (const kind of faults) {
    for (const fault of [{ type: 'status', code: 500 }, { type: 'garbage' }] as const) {
      api.faults.plan(fault, Infinity, ({ path }) => path.endsWith(kind));
      await t.rejects(admin.query.listEdges({}), { code: 14, details: /did not say/ }, `${kind} ${fault.type}`);
      t.equal((await post('query/listEdges', {}, bearer('admin'))).status, 503);
      api.faults.clear();
    }
  }
  t.ok((await admin.query.listEdges({})).edges.length, 'and it is again once it does');
});
