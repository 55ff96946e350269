import t from 'tap';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresServer } from '../../lab/programs/postgres-server.ts';
import type * as wire from '../../proto/wire.ts';
import { batchOf, call, Pusher } from './pusher.ts';
import { startReplicas } from './replicas.ts';
import { everything } from './running.ts';

// A server takes seconds to start on a busy machine.
t.setTimeout(90_000);

const aliasOf = (name: string, cidr: string): wire.Alias => ({
  name,
  cidr,
  allowed: false,
  expiresUnixMs: 0,
  comment: '',
  expired: false,
});

/** What is told as soon as it is what is expected; the last answer when it never is. */
async function eventually<Answer>(ask: () => Promise<Answer>, holds: (answer: Answer) => boolean): Promise<Answer> {
  for (const end = performance.now() + 20_000; ; await sleep(50)) {
    const answer = await ask();
    if (holds(answer) || performance.now() > end) return answer;
  }
}

t.test('aggregators that share a database share what people set', async (t) => {
  const server = await PostgresServer.start((remove) => t.teardown(remove));

  t.test('an alias that is set at one names addresses at the other, until it is removed there', async (t) => {
    const [one, other] = await startReplicas(t, server, 2);
    if (one === undefined || other === undefined) throw new Error('there are two');
    const agent = new Pusher(one);
    await agent.welcome();
    agent.send(batchOf(1, [call('cart-1', '203.0.113.7', 443)]));
    await agent.ackThrough(1);
    const named = async (connection: typeof one) => {
      const { edges } = await connection.query.listEdges(everything);
      return edges.map(({ server: end }) => (end?.entity === 'external' ? (end.alias?.name ?? null) : 'other'));
    };
    const isNamed = (name: string | null) => (names: readonly (string | null)[]) => names[0] === name;
    await one.alias.setAlias({ alias: aliasOf('bank', '203.0.113.0/24') });
    t.strictSame(await eventually(() => named(other), isNamed('bank')), ['bank']);
    await other.alias.removeAlias({ name: 'bank' });
    t.strictSame(await named(other), [null], 'at once where it was done');
    t.strictSame(await eventually(() => named(one), isNamed(null)), [null]);
    agent.close();
  });

  t.test('of two that give one block a name at the same moment one is refused', async (t) => {
    const connections = await startReplicas(t, server, 3);
    const results = await Promise.allSettled(
      connections.map(({ alias }, i) => alias.setAlias({ alias: aliasOf(`bank-${i}`, '203.0.113.0/24') })),
    );
    const refused = results.filter((result) => result.status === 'rejected');
    t.equal(refused.length, 2);
    for (const { reason } of refused) t.match(reason, { details: /203\.0\.113\.0\/24 is bank-\d already/ });
    const names = async ({ alias }: (typeof connections)[number]) => (await alias.listAliases({})).aliases.length;
    for (const each of connections)
      t.equal(
        await eventually(
          () => names(each),
          (count) => count === 1,
        ),
        1,
      );
  });

  t.test('blocks that are set at one say at the other which addresses are pods', async (t) => {
    const [one, other] = await startReplicas(t, server, 2);
    if (one === undefined || other === undefined) throw new Error('there are two');
    const list = { include: [], exclude: [] };
    const lists = { workloadLabels: list, namespaceLabels: list, podCidrs: ['10.8.0.0/16'], serviceCidrs: [] };
    await one.settings.setSettings({
      settings: { ...lists, serviceRules: 'SERVICE_RULES_UNSPECIFIED', revision: 0 },
    });
    const agent = new Pusher(other);
    await agent.welcome();
    let sequence = 0;
    const entity = async () => {
      const address = `10.8.0.${++sequence}`;
      agent.send(batchOf(sequence, [call('cart-1', address, 443)]));
      await agent.ackThrough(sequence);
      const { edges } = await other.query.listEdges(everything);
      const ends = edges.map(({ server: end }) => end);
      const found = ends.find((end) =>
        end?.entity === 'external'
          ? end.external === address
          : end?.entity === 'unresolved' && end.unresolved.address === address,
      );
      return found?.entity;
    };
    t.equal(await eventually(entity, (type) => type === 'unresolved'), 'unresolved');
    agent.close();
  });
});
