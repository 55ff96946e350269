import { join } from 'node:path';
import t, { type Test } from 'tap';
import { addressOf } from './namespaces.ts';
import { whyNoKernel } from './node-fixture.ts';
import type { TestPod } from './pod-wiring.ts';
import { recordsOf } from './reports.ts';
import { serviceRules } from './service-rules.ts';
import { Underlay } from './underlay-fixture.ts';
import { watched } from './watched.ts';

/** A node with a DNS server in a pod, behind a Service too, and with a host outside the cluster. */
async function resolving(t: Test, flags: readonly string[]) {
  const { w, node, client, server: dns } = await watched(t, { flags });
  const outside = new Underlay([node]);
  t.teardown(() => outside.remove());
  await w.podsKnown(2);
  const virtual = { address: addressOf('10.96.0.10'), port: 53 };
  node.nft(serviceRules([{ virtual, protocol: 'UDP', backends: [{ address: dns.address, port: 53 }] }]));
  const listen = [`--listen-address=${dns.address}`, '--bind-interfaces'];
  const alone = ['--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--user=root'];
  node.start(dns, [
    'dnsmasq',
    ...alone,
    ...listen,
    `--pid-file=${join(node.folder, 'dnsmasq.pid')}`,
    `--host-record=api.example.com,${outside.address},${outside.address6}`,
    '--cname=www.example.com,api.example.com',
  ]);
  await node.startPython(outside, 'hear', 'tcp', '::', 443, 'udp', outside.address, 443);
  /** Asks, and does what an application does next. */
  const ask = (pod: TestPod, transport: string, server: string, name: string, type: string) =>
    node.python(pod, 'dns', transport, server, name, type).trim();
  const call = async (pod: TestPod, address: string, protocol: 'tcp' | 'udp' = 'tcp') => {
    const say = await node.startPython(pod, 'speak');
    await say.must(`c ${protocol} ${address} 443`, 'c send 10', 'c close');
  };
  const named = async (pod: TestPod, remote: string, protocol: 'TCP' | 'UDP' = 'TCP') => {
    const records = () => recordsOf(w.records, { pod, role: 'client', remote, port: 443, protocol });
    await w.until(() => records().length > 0, `${pod.name} is reported`);
    await w.settled();
    return [...new Set(records().map(({ remoteName }) => remoteName))];
  };
  return { w, node, client, dns, outside, virtual, ask, call, named };
}

t.test('an address outside the cluster has the name that the pod asked for', { skip: whyNoKernel() }, async (t) => {
  const { w, node, client, dns, outside, virtual, ask, call, named } = await resolving(t, []);
  const [other, alias, byTcp] = node.addPods(['other', 'alias', 'by-tcp']) as [TestPod, TestPod, TestPod];
  await w.podsKnown(5);

  await t.test('IPv4, from an answer over UDP', async (t) => {
    t.equal(ask(client, 'udp', dns.address, 'api.example.com', 'A'), outside.address);
    await call(client, outside.address);
    await call(client, outside.address, 'udp');
    t.same(await named(client, outside.address), ['api.example.com']);
    t.same(await named(client, outside.address, 'UDP'), ['api.example.com']);
  });

  await t.test('IPv6', async (t) => {
    t.equal(ask(client, 'udp', dns.address, 'api.example.com', 'AAAA'), outside.address6);
    await call(client, outside.address6);
    t.same(await named(client, outside.address6), ['api.example.com']);
  });

  await t.test('the name that was asked, not the one it is an alias of; through a Service', async (t) => {
    t.equal(ask(alias, 'udp', virtual.address, 'www.example.com', 'A'), outside.address);
    await call(alias, outside.address);
    t.same(await named(alias, outside.address), ['www.example.com']);
  });

  await t.test('from an answer over TCP', async (t) => {
    t.equal(ask(byTcp, 'tcp', dns.address, 'api.example.com', 'A'), outside.address);
    await call(byTcp, outside.address);
    t.same(await named(byTcp, outside.address), ['api.example.com']);
  });

  await t.test('a pod that did not ask has no name for it', async (t) => {
    await call(other, outside.address);
    t.same(await named(other, outside.address), [null]);
  });
});

t.test('names can be left out', { skip: whyNoKernel() }, async (t) => {
  const { client, dns, outside, ask, call, named } = await resolving(t, ['--dns-names', 'off']);
  t.equal(ask(client, 'udp', dns.address, 'api.example.com', 'A'), outside.address);
  await call(client, outside.address);
  t.same(await named(client, outside.address), [null]);
});
