import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type PodOptions, TestNode, whyNoKernel } from './node-fixture.ts';
import { ipBatch } from './namespaces.ts';
import type { TestPod } from './pod-wiring.ts';
import { Watched } from './watched.ts';

t.test('names stay right when things are used again', { skip: whyNoKernel() }, async (t) => {
  const node = new TestNode();
  const w = new Watched(t, { node });
  await w.listen();
  const server = node.addPod('server');
  await node.startPython(server, 'hear', 'udp', '0.0.0.0', 5300);
  w.startAgent();
  await w.podsKnown(1);
  const status = () => w.ingest.statuses.at(-1);
  /** Sends datagrams to the server, which answers each. */
  const speak = async (pod: TestPod, times: number) => {
    const say = await node.startPython(pod, 'speak');
    await say.must(`u udp ${server.address} 5300`, `u send 10 ${times}`);
  };
  const sent = (name: string, uid: string) =>
    w.records
      .filter(({ pod, role, port }) => pod.name === name && pod.uid === uid && role === 'client' && port === 5300)
      .reduce((sum, { counters }) => sum + counters.packetsToServer, 0);
  /** Deletes a pod whose interface is gone at once: the kernel takes its time with a namespace. */
  const unplug = (pod: TestPod) => {
    ipBatch(node.netns, [`link del ${pod.interface}`]);
    node.deletePod(pod);
  };
  const watchedPods = async (count: number) => {
    await w.until(() => status()?.interfacesAttached === count, `${count} interfaces are watched`);
    await w.podsKnown(count);
  };

  /** Adds a pod and waits until it is certain that it is watched, not one that went a moment ago. */
  const replace = async (name: string, options: PodOptions = {}) => {
    const pod = node.addPod(name, { ...options, named: false });
    const isSeen = () => status()?.unresolvedInterfaces.some((text) => text.startsWith(pod.interface)) === true;
    await w.until(() => isSeen() && status()?.interfacesAttached === 2, `${name} is watched`);
    node.nameLater(pod);
    await w.podsKnown(2);
    return pod;
  };

  await t.test('an address and a namespace path that another pod had', async (t) => {
    const first = node.addPod('first');
    await watchedPods(2);
    await speak(first, 3);
    unplug(first);
    const second = await replace('second', { inPlaceOf: first });
    t.equal(second.address, first.address);
    t.equal(second.netns, first.netns);
    await speak(second, 5);
    await w.until(() => sent('second', 'uid-second') >= 5, 'the second is reported');
    await w.settled();
    t.equal(sent('second', 'uid-second'), 5);
    t.equal(sent('first', 'uid-first'), 3);
    node.deletePod(second);
    await watchedPods(1);
  });

  await t.test('an interface index that another pod had a moment ago', async (t) => {
    const first = node.addPod('early', { ifindex: 777 });
    await watchedPods(2);
    await speak(first, 3);
    unplug(first);
    const second = await replace('later', { ifindex: 777 });
    await w.until(() => sent('early', 'uid-early') === 3, 'the last counts of the first have its name');
    await speak(second, 5);
    await w.until(() => sent('later', 'uid-later') >= 5, 'the second is reported');
    await w.settled();
    t.equal(sent('later', 'uid-later'), 5);
    t.equal(sent('early', 'uid-early'), 3);
    node.deletePod(second);
    await watchedPods(1);
  });

  await t.test('an index of a pod that never had a name', async (t) => {
    const nameless = node.addPod('nameless', { named: false, ifindex: 778 });
    await w.until(() => status()?.interfacesAttached === 2, 'it is watched');
    await speak(nameless, 3);
    await w.settled();
    unplug(nameless);
    const second = await replace('named', { ifindex: 778 });
    await speak(second, 5);
    await w.until(() => sent('named', 'uid-named') >= 5, 'the second is reported');
    await w.settled();
    t.equal(sent('named', 'uid-named'), 5, 'what waited for a name is not given to the next');
    t.ok((w.losses()['identity'] ?? 0) > 0, 'and is counted as lost');
    unplug(second);
    await watchedPods(1);
  });

  await t.test('a sandbox that is made again for the same pod', async (t) => {
    const first = node.addPod('again');
    await watchedPods(2);
    await speak(first, 3);
    unplug(first);
    const second = await replace('again');
    t.equal(second.interface, first.interface, 'Calico gives it the same name');
    t.not(second.netns, first.netns);
    await speak(second, 5);
    await w.until(() => sent('again', 'uid-again') >= 8, 'it is reported');
    node.deletePod(second);
    await watchedPods(1);
  });

  await t.test('a name that the pod of a StatefulSet has again, under a new UID', async (t) => {
    const first = node.addPod('db-0', { named: false });
    node.nameLater(first, 'uid-before');
    await watchedPods(2);
    await speak(first, 3);
    ipBatch(node.netns, [`link del ${first.interface}`]);
    // The namespace and what the cache says of it are still there, as while a pod is being deleted.
    const second = node.addPod('db-0', { named: false });
    t.equal(second.interface, first.interface);
    await w.until(() => (status()?.unresolvedInterfaces.length ?? 0) === 1, 'the new interface is seen');
    t.match(status()?.unresolvedInterfaces, [/interface-name says test\/db-0, which lives in another namespace/]);
    await speak(second, 5);
    node.nameLater(second, 'uid-after');
    await w.until(() => sent('db-0', 'uid-after') >= 5, 'what it said before its name was known is reported');
    t.equal(sent('db-0', 'uid-after'), 5);
    t.equal(sent('db-0', 'uid-before'), 3);
    node.deletePod(first, second);
    await watchedPods(1);
  });

  await t.test('a pod with several interfaces has one name on all of them', async (t) => {
    const pod = node.addPod('multus');
    ipBatch(node.netns, [
      `link add veth-net1 type veth peer name net1 netns ${pod.netns}`,
      `link set veth-net1 up`,
      `addr add 192.168.77.1/24 dev veth-net1`,
    ]);
    ipBatch(pod.netns, ['link set net1 up', 'addr add 192.168.77.2/24 dev net1']);
    await watchedPods(3);
    t.match(status()?.resolvedByMeans, { 'cni-cache': 3 });
    await node.startPython(node, 'hear', 'udp', '192.168.77.1', 5300);
    const say = await node.startPython(pod, 'speak');
    await say.must('u udp 192.168.77.1 5300', 'u send 10 4');
    const byNic = () => w.sum({ pod, role: 'client', remote: '192.168.77.1', port: 5300 });
    await w.until(() => byNic().packetsToServer >= 4, 'its second network is reported');
    node.deletePod(pod);
    await watchedPods(1);
  });

  await t.test('a virtual machine has no sockets here, and its interface has its name', async (t) => {
    const guest = node.addPod('guest', { guest: true });
    await watchedPods(2);
    t.match(status()?.resolvedByMeans, { 'cni-cache': 2 });
    node.deletePod(guest);
    await watchedPods(1);
  });

  await t.test("a pod in the node's network has no interface, and what it does is no pod's", async (t) => {
    const cniArgs = [
      ['K8S_POD_NAMESPACE', 'kube-system'],
      ['K8S_POD_NAME', 'proxy'],
      ['K8S_POD_UID', 'uid-proxy'],
    ];
    // A runtime writes no such thing for it; it must do no harm either.
    const result = { kind: 'cniCacheV1', netns: `/run/netns/${node.netns}`, cniArgs };
    writeFileSync(join(node.cniResults, 'net-host-eth0'), JSON.stringify(result));
    await speak({ ...server, netns: node.netns }, 3);
    await w.settled();
    t.equal(status()?.podsResolved, 1);
    t.notOk(w.records.some(({ pod }) => pod.name === 'proxy'));
  });
});
