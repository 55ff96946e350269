import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { Test } from 'tap';
import type { Segment } from '../../../aggregator/graph/segment.ts';
import type { Commit } from '../../../aggregator/store/store.ts';
import { allTime, commitOf, segmentsIn, type StoreUnderTest } from './under-test.ts';
import { rollUpContract } from './roll-up-contract.ts';
import { defaultSettings } from '../../../core/settings.ts';
import { anySegment, firstStartUnixMs, oneOf, plainSegment, rowList, windowMs } from '../segments.ts';

/** Rows are a set: a driver may give them in any order. */
function readable(segment: Segment) {
  return { ...segment, rows: rowList(segment.rows) };
}

/** What every driver of the store must do. @param numRuns of what is tried with anything that may happen */
export function storeContract(t: Test, make: () => StoreUnderTest | Promise<StoreUnderTest>, numRuns = 25): void {
  t.test('segments come back as they were committed, also after a restart', async (t) => {
    const under = await make();
    const written = Array.from({ length: 150 }, (_, i) =>
      oneOf(anySegment(i % 2 === 0 ? 'n1' : 'n2', (i >> 1) + 1), i),
    );
    const store = await under.open();
    for (const segment of written)
      t.match(await store.commit([commitOf(segment)]), [{ type: 'committed', missing: 0 }]);
    t.strictSame((await segmentsIn(store, 'demo', allTime)).map(readable), written.map(readable));
    await store.close();
    const again = await under.open();
    t.strictSame((await segmentsIn(again, 'demo', allTime)).map(readable), written.map(readable));
    await again.close();
  });

  t.test('what it is and takes can be told', async (t) => {
    const store = await (await make()).open();
    const { schemaVersion, bytes } = await store.size();
    t.ok(schemaVersion > 0);
    t.ok((bytes ?? 0) >= 4096, 'it has a page at least');
    t.ok(store.place.length > 0);
    await store.close();
  });

  t.test(
    'what processes say of themselves is kept where another could read it, while they go on saying it',
    async (t) => {
      const store = await (await make()).open();
      const [first, second] = [Buffer.from('first'), Buffer.from('second')];
      await store.setReplica('a', first, 60_000);
      await store.setReplica('b', first, 60_000);
      await store.setReplica('b', second, 60_000);
      const kept = (await store.replicas()).map(({ id, body }) => [id, Buffer.from(body).toString()]);
      t.strictSame(
        kept,
        store.isShared
          ? [
              ['a', 'first'],
              ['b', 'second'],
            ]
          : [],
      );
      t.ok((await store.replicas()).every(({ ageMs }) => ageMs >= 0 && ageMs < 60_000));
      await sleep(2);
      await store.setReplica('b', second, 1);
      t.strictSame(
        (await store.replicas()).map(({ id }) => id),
        store.isShared ? ['b'] : [],
        'a was silent',
      );
      await store.removeReplica('b');
      t.strictSame(await store.replicas(), []);
      await store.close();
    },
  );

  t.test('aliases are kept by cluster and name, also after a restart', async (t) => {
    const under = await make();
    const store = await under.open();
    t.strictSame(await store.aliases('demo'), { aliases: [], revision: 0 });
    const bank = { name: 'bank', cidr: '203.0.113.0/24', allowed: true, expiresUnixMs: null, comment: 'ask Ann' };
    const visitor = { name: 'visitor', cidr: '2001:db8::7/128', allowed: false, expiresUnixMs: 4e12, comment: '' };
    t.equal(await store.setAlias('demo', { ...bank, allowed: false }, 0), true);
    t.equal(await store.setAlias('demo', visitor, 0), false, 'somebody else was first');
    t.equal(await store.removeAlias('demo', 'bank', 0), false, 'likewise');
    t.equal(await store.setAlias('demo', visitor, 1), true);
    t.equal(await store.setAlias('demo', bank, 2), true);
    t.equal(await store.setAlias('another', bank, 0), true);
    t.equal(await store.removeAlias('another', 'bank', 1), true);
    t.equal(await store.removeAlias('another', 'never was', 2), true);
    t.match(await store.aliases('demo'), { revision: 3 });
    t.match(await store.revisions('another'), { aliases: 3, settings: 0 });
    await store.close();
    const again = await under.open();
    const { aliases: kept } = await again.aliases('demo');
    t.strictSame(
      kept.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      [bank, visitor],
    );
    t.match(await again.aliases('another'), { aliases: [] });
    await again.close();
  });

  t.test('settings are kept by cluster and follow their revision, also after a restart', async (t) => {
    const under = await make();
    const store = await under.open();
    t.equal(await store.settings('demo'), null);
    const first = { ...defaultSettings, podCidrs: ['10.244.0.0/16'], revision: 1 };
    const second = { ...defaultSettings, workloadLabels: { include: ['app'], exclude: [] }, revision: 2 };
    t.equal(await store.setSettings('demo', second), false, 'nothing to follow');
    t.equal(await store.setSettings('demo', first), true);
    t.equal(await store.setSettings('demo', first), false, 'somebody else was first');
    t.equal(await store.setSettings('demo', second), true);
    t.equal(await store.setSettings('demo', { ...second, revision: 4 }), false, 'one between is missing');
    t.match(await store.revisions('demo'), { settings: 2 });
    await store.close();
    const again = await under.open();
    t.strictSame(await again.settings('demo'), second);
    t.equal(await again.settings('another'), null);
    await again.close();
  });

  t.test('baselines are kept by cluster and name with their edges, also after a restart', async (t) => {
    const under = await make();
    const store = await under.open();
    t.strictSame(await store.baselines('demo'), []);
    t.equal(await store.baselineEdges('demo', 'first'), null);
    const workload = { namespace: 'shop', kind: 'Deployment', name: 'cart' };
    const first = {
      name: 'first',
      scope: { namespace: 'shop', workload },
      takenUnixMs: 4e12,
      edges: 2,
      comment: 'Ann',
    };
    const second = { ...first, name: 'second', scope: { namespace: null, workload: null } };
    await store.setBaseline('demo', { ...first, edges: 7 }, Uint8Array.of(7));
    await store.setBaseline('demo', second, Uint8Array.of());
    await store.setBaseline('demo', first, Uint8Array.of(0, 255, 1));
    await store.setBaseline('another', first, Uint8Array.of(9));
    await store.removeBaseline('another', 'first');
    await store.removeBaseline('another', 'never was');
    await store.close();
    const again = await under.open();
    const kept = await again.baselines('demo');
    t.strictSame(
      kept.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      [first, second],
    );
    t.strictSame([...((await again.baselineEdges('demo', 'first')) ?? [])], [0, 255, 1]);
    t.equal((await again.baselineEdges('demo', 'second'))?.length, 0);
    t.strictSame(await again.baselines('another'), []);
    t.equal(await again.baselineEdges('another', 'first'), null);
    await again.close();
  });

  t.test('cursors follow the last committed batch of each node, also after a restart', async (t) => {
    const under = await make();
    const store = await under.open();
    t.strictSame(await store.cursors('demo'), []);
    await store.commit([commitOf(plainSegment('n2', 1, 1)), commitOf(plainSegment('n1', 1, 1))]);
    await store.commit([commitOf(plainSegment('n1', 2, 1))]);
    const end = (sequence: number) => firstStartUnixMs + (sequence + 1) * windowMs;
    const cursors = [
      { node: 'n1', epoch: 1, sequence: 2, windowEndUnixMs: end(2) },
      { node: 'n2', epoch: 1, sequence: 1, windowEndUnixMs: end(1) },
    ];
    t.strictSame(await store.cursors('demo'), cursors);
    t.strictSame(await store.cursors('another'), []);
    await store.close();
    const again = await under.open();
    t.strictSame(await again.cursors('demo'), cursors);
    await again.close();
  });

  t.test('a batch counts once, whatever is sent again', async (t) => {
    const store = await (await make()).open();
    await store.commit([1, 2, 3].map((sequence) => commitOf(plainSegment('n1', sequence, 1))));
    const again = await store.commit([3, 1, 2, 3].map((sequence) => commitOf(plainSegment('n1', sequence, 1))));
    for (const result of again) t.match(result, { type: 'duplicate', cursor: { epoch: 1, sequence: 3 } });
    t.equal((await segmentsIn(store, 'demo', allTime)).length, 3);
    await store.close();
  });

  t.test('a merged batch moves the cursor to its last, and is refused where a part of it was committed', async (t) => {
    const store = await (await make()).open();
    const merged = (first: number, last: number) => [commitOf(plainSegment('n1', last, 1), 1, first)];
    t.match(await store.commit(merged(1, 3)), [{ type: 'committed', missing: 0, segment: { sequence: 3 } }]);
    t.match(await store.commit(merged(3, 5)), [{ type: 'overlap', cursor: { sequence: 3 } }]);
    t.match(await store.commit(merged(2, 3)), [{ type: 'duplicate', cursor: { sequence: 3 } }]);
    t.match(await store.commit(merged(5, 6)), [{ type: 'gap', cursor: { sequence: 3 } }]);
    t.match(await store.commit(merged(4, 6)), [{ type: 'committed', missing: 0 }]);
    const behindDropped = [commitOf(plainSegment('n1', 12, 1), 9, 9)];
    t.match(await store.commit(behindDropped), [{ type: 'committed', missing: 2 }]);
    t.equal((await segmentsIn(store, 'demo', allTime)).length, 3);
    await store.close();
  });

  t.test('a gap is refused, also within one commit, and what follows it', async (t) => {
    const store = await (await make()).open();
    const results = await store.commit([1, 3, 4, 2].map((sequence) => commitOf(plainSegment('n1', sequence, 1))));
    t.strictSame(
      results.map(({ type }) => type),
      ['committed', 'gap', 'gap', 'committed'],
    );
    t.match(await store.commit([commitOf(plainSegment('n9', 2, 1))]), [{ type: 'gap', cursor: null }]);
    await store.close();
  });

  t.test('a newer epoch begins at 1, an older one is over', async (t) => {
    const store = await (await make()).open();
    await store.commit([commitOf(plainSegment('n1', 1, 1, 5)), commitOf(plainSegment('n1', 2, 1, 5))]);
    const results = await store.commit([
      commitOf(plainSegment('n1', 2, 1, 6)),
      commitOf(plainSegment('n1', 1, 1, 6)),
      commitOf(plainSegment('n1', 3, 1, 5)),
    ]);
    t.match(results, [
      { type: 'gap' },
      { type: 'committed' },
      { type: 'duplicate', cursor: { epoch: 6, sequence: 1 } },
    ]);
    await store.close();
  });

  t.test('batches that the agent does not hold any more are passed over, and counted as lost', async (t) => {
    const store = await (await make()).open();
    await store.commit([commitOf(plainSegment('n1', 1, 1))]);
    const results = await store.commit([commitOf(plainSegment('n1', 5, 1), 5), commitOf(plainSegment('n1', 6, 1), 5)]);
    t.match(results, [
      { type: 'committed', missing: 3 },
      { type: 'committed', missing: 0 },
    ]);
    const losses = (await segmentsIn(store, 'demo', allTime)).map((segment) => segment.losses);
    t.strictSame(losses, [{}, { 'missing-batches': 3 }, {}]);
    await store.close();
  });

  t.test('batches of an epoch before that were acknowledged and are not here are counted as lost, once', async (t) => {
    const store = await (await make()).open();
    await store.commit([commitOf(plainSegment('n1', 1, 1, 5)), commitOf(plainSegment('n2', 1, 1, 5))]);
    const behind = (node: string, sequence: number, epoch: number, forgotten: Commit['forgotten']) =>
      commitOf(plainSegment(node, sequence, 1, epoch), 1, sequence, forgotten);
    const results = await store.commit([
      behind('n1', 1, 6, { epoch: 5, sequence: 4 }),
      behind('n1', 2, 6, { epoch: 5, sequence: 4 }),
      behind('n2', 1, 7, { epoch: 6, sequence: 9 }),
      behind('n3', 1, 7, { epoch: 6, sequence: 2 }),
      behind('n2', 1, 8, { epoch: 7, sequence: 1 }),
      behind('n2', 2, 8, { epoch: 8, sequence: 1 }),
    ]);
    t.match(
      results,
      [3, 0, 9, 2, 0, 0].map((missing) => ({ type: 'committed', missing })),
    );
    const losses = (await segmentsIn(store, 'demo', allTime)).map((segment) => segment.losses['missing-batches'] ?? 0);
    t.strictSame(losses, [0, 0, 3, 0, 9, 2, 0, 0]);
    await store.close();
  });

  t.test('a span of time gives the segments that overlap it', async (t) => {
    const store = await (await make()).open();
    for (let sequence = 1; sequence <= 9; sequence++) await store.commit([commitOf(plainSegment('n1', sequence, 1))]);
    const at = (sequence: number) => firstStartUnixMs + sequence * windowMs;
    const during = async (startUnixMs: number, endUnixMs: number) =>
      (await segmentsIn(store, 'demo', { startUnixMs, endUnixMs })).map(({ sequence }) => sequence);
    t.strictSame(await during(at(3), at(5)), [3, 4], 'the end is not inside');
    t.strictSame(await during(at(3) - 1, at(5) + 1), [2, 3, 4, 5]);
    t.strictSame(await during(0, at(1)), []);
    t.strictSame(await segmentsIn(store, 'another', allTime), []);
    await store.close();
  });

  t.test('whatever order batches come in, each is there at most once and none follows a gap', async (t) => {
    const step = fc.record({
      node: fc.constantFrom('n1', 'n2'),
      epoch: fc.integer({ min: 1, max: 3 }),
      sequence: fc.integer({ min: 1, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 5 }), { maxLength: 12 }), async (groups) => {
        const store = await (await make()).open();
        const expected = new Map<string, { epoch: number; sequence: number }>();
        const kept: string[] = [];
        for (const group of groups) {
          const results = await store.commit(
            group.map(({ node, epoch, sequence }) => commitOf(plainSegment(node, sequence, 1, epoch))),
          );
          for (const [i, { node, epoch, sequence }] of group.entries()) {
            const last = expected.get(node) ?? { epoch: 0, sequence: 0 };
            const isNext = epoch === last.epoch ? sequence === last.sequence + 1 : epoch > last.epoch && sequence === 1;
            t.equal(results[i]?.type === 'committed', isNext);
            if (!isNext) continue;
            expected.set(node, { epoch, sequence });
            kept.push(`${node} ${epoch} ${sequence}`);
          }
        }
        const stored = await segmentsIn(store, 'demo', allTime);
        t.strictSame(
          stored.map(({ node, epoch, sequence }) => `${node} ${epoch} ${sequence}`),
          kept,
        );
        await store.close();
      }),
      { seed: 11, numRuns },
    );
  });

  rollUpContract(t, make, numRuns);
}
