import { once } from 'node:events';
import { createServer } from 'node:net';
import tap from 'tap';
import { edgeKey } from '../../core/edge.ts';
import type { DemoResult } from '../../lab/demo/result.ts';
import { expectedEdgesOf } from '../../lab/expected.ts';
import { topology } from '../../lab/topology.ts';
import { type DemoProcess, startDemo, textOf } from './demo-process.ts';
import { leftOf, nothingLeft } from './left.ts';
import { whyNoLab } from './privileged.ts';

const name = 'demotest';

/** Resolves when the demo has said something; rejects when it ends before. */
function untilSaid({ stdout }: DemoProcess, wanted: string): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes(wanted)) resolve();
    });
    stdout.once('end', () => reject(new Error(`it never said "${wanted}": ${said}`)));
  });
}

tap.setTimeout(180_000);

await tap.test('the demo', { skip: whyNoLab() }, async (suite) => {
  await suite.test('kill -9 in the middle of it leaves a cluster behind', async (t) => {
    const demo = await startDemo(name, '--once');
    await untilSaid(demo, 'Watching:');
    demo.kill('SIGKILL');
    await once(demo, 'exit');
    t.ok(leftOf(name).processes.length > 0);
  });

  await suite.test('the next one works all the same: everything is seen, proven, enforced and dropped', async (t) => {
    const demo = await startDemo(name, '--once', '--json');
    const [stdout, stderr] = await Promise.all([textOf(demo.stdout), textOf(demo.stderr)]);
    if (!t.equal(demo.exitCode ?? (await once(demo, 'exit'))[0], 0)) t.comment(stderr);
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as DemoResult;
    const { pods, edges_expected: edges, policies, enforced, rogue, seconds } = result;
    t.strictSame(result, {
      pods,
      edges_expected: edges,
      edges_seen: edges,
      edges: expectedEdgesOf(topology)
        .map(({ id }) => edgeKey(id))
        .toSorted(),
      missing: [],
      unexpected: [],
      wrong_direction: 0,
      policies,
      replay: { flows: edges, denied: 0 },
      enforced: { legitimate_ok: enforced.legitimate_ok, legitimate_failed: 0 },
      rogue: { attempts: rogue.attempts, dropped: rogue.attempts, reason: 'NETFILTER_DROP' },
      seconds,
    });
    t.ok(pods >= 24 && edges > pods && policies > 12 && enforced.legitimate_ok > edges && rogue.attempts >= 3);
    t.ok(seconds < 120, `${seconds} s`);
    t.match(stderr, /shop\/pod\/rogue +-> data\/statefulset\/redis +6379\/TCP +dropped .*NETFILTER_DROP/);
    t.strictSame(leftOf(name), nothingLeft);
  });

  await suite.test('it stops when nobody reads any more', async (t) => {
    const demo = await startDemo(name);
    await untilSaid(demo, 'building');
    demo.stdout.destroy();
    await once(demo, 'exit');
    t.strictSame(leftOf(name), nothingLeft);
  });

  await suite.test('a port that is taken is named, and nothing is left', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => server.close());
    const { port } = server.address() as { port: number };
    const demo = await startDemo(name, '--once', '--listen', `127.0.0.1:${port}`);
    demo.stdout.resume();
    const [stderr] = await Promise.all([textOf(demo.stderr), once(demo, 'exit')]);
    t.equal(demo.exitCode, 1);
    t.match(stderr, new RegExp(`127.0.0.1:${port}`));
    t.strictSame(leftOf(name), nothingLeft);
  });
});
