import t from 'tap';
import { podYaml } from './cluster-fixture.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { start, TestCluster } from './running.ts';

t.test('a filter is completed with what there is', async (t) => {
  const { connection } = await start(
    t,
    new TestCluster(
      podYaml({ name: 'frontend-1', ip: '10.1.0.1', deployment: 'frontend', labels: { app: 'frontend', tier: 'web' } }),
      podYaml({ name: 'cart-1', ip: '10.1.0.2', deployment: 'cart', labels: { app: 'cart' } }),
      podYaml({ name: 'redis-0', ip: '10.1.0.4', namespace: 'data' }),
    ),
  );
  const agent = new Pusher(connection);
  await agent.welcome();
  const dropped = { drops: { NETFILTER_DROP: 2 } };
  agent.send(
    batchOf(1, [
      call('frontend-1', '10.1.0.2', 8080),
      call('frontend-1', '10.1.0.4', 6379, dropped),
      call('cart-1', '203.0.113.7', 443, { remoteName: 'api.example.com' }),
    ]),
  );
  await agent.ackThrough(1);
  const complete = async (text: string) => {
    const cursor = text.indexOf('|');
    const answer = await connection.query.completeFilter({ filter: text.replace('|', ''), cursor });
    return { ...answer, texts: answer.suggestions.map((suggestion) => suggestion.text) };
  };
  t.match(await complete('|'), {
    texts: ['namespace', 'workload', 'label.'],
    problem: '',
    replaceFrom: 0,
    replaceTo: 0,
  });
  t.strictSame((await complete('nam|')).texts.slice(0, 2), ['namespace', 'name']);
  t.strictSame((await complete('namespace=|')).texts, ['shop', 'data']);
  t.match(await complete('namespace=d| port=1'), { texts: ['data'], replaceFrom: 10, replaceTo: 11, problem: '' });
  t.strictSame((await complete('client.workload=car|')).texts, ['deployment/cart']);
  t.strictSame((await complete('label.|')).texts, ['label.app', 'label.tier']);
  t.strictSame((await complete('server.label.t|')).texts, ['server.label.tier']);
  t.strictSame((await complete('label.app=|')).texts, ['cart', 'frontend', 'redis-0']);
  t.strictSame((await complete('port in (443, |')).texts.toSorted(), ['443', '6379', '8080']);
  t.strictSame((await complete('reason=|')).texts, ['NETFILTER_DROP']);
  t.strictSame((await complete('name~"api|')).texts, ['api.example.com']);
  t.strictSame((await complete('verdict=dr|')).texts, ['dropped']);
  t.strictSame((await complete('port |')).texts, ['=', '!=', '~', '!~', 'in', 'not in']);
  t.strictSame((await complete('port=443 |')).texts.slice(0, 2), ['and', 'or']);
  t.match(await complete('prot=|'), { texts: [], problem: /no such field/, problemAt: 0 });
  await t.rejects(connection.query.completeFilter({ filter: 'x', cursor: 9 }), { message: /the cursor is behind/ });
  agent.close();
});
