import fc from 'fast-check';
import t from 'tap';
import type { StoredObject } from '../../lab/kube-api/object-store.ts';
import { boundsOf, nextStep } from './rolling-update.ts';

/* That the tests' Deployments are updated within the bounds that Kubernetes gives them. */

const deploymentOf = (replicas: number, rollingUpdate?: object) =>
  ({
    spec: { replicas, ...(rollingUpdate === undefined ? {} : { strategy: { rollingUpdate } }) },
  }) as unknown as StoredObject;

t.test('a quarter more and a quarter less is allowed where nothing is said', async (t) => {
  // The first of two is rounded up, the other down.
  t.strictSame(boundsOf(deploymentOf(10)), { replicas: 10, most: 13, leastReady: 8 });
  t.strictSame(boundsOf(deploymentOf(3)), { replicas: 3, most: 4, leastReady: 3 });
  t.strictSame(boundsOf(deploymentOf(1)), { replicas: 1, most: 2, leastReady: 1 });
  const none = deploymentOf(3, { maxSurge: 0, maxUnavailable: 0 });
  t.strictSame(boundsOf(none), { replicas: 3, most: 3, leastReady: 2 }, 'both cannot be nothing');
});

t.test('whatever becomes ready when, no step leaves the bounds, and the last has all', async (t) => {
  const update = fc.record({ maxSurge: fc.nat(4), maxUnavailable: fc.nat(4) });
  const readiness = fc.array(fc.nat(3), { minLength: 40, maxLength: 40 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), update, readiness, (replicas, rollingUpdate, turns) => {
      const bounds = boundsOf(deploymentOf(replicas, rollingUpdate));
      let [wanted, ready, old] = [0, 0, replicas];
      // A turn in which nothing becomes ready changes nothing; in the end all does.
      for (const more of [...turns, ...Array.from({ length: replicas * 2 + 2 }, () => 1)]) {
        const step = nextStep(bounds, { wanted, ready }, [{ wanted: old, ready: old }]);
        [wanted, old] = [step.current, step.old[0] ?? 0];
        if (wanted + old > bounds.most || ready + old < Math.min(bounds.leastReady, replicas)) return false;
        ready = Math.min(wanted, ready + more);
      }
      return wanted === replicas && ready === replicas && old === 0;
    }),
    { seed: 5 },
  );
  t.pass();
});
