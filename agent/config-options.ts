import { hostname } from 'node:os';
import { z } from 'zod';
import { action, list, number, text, toggle } from '../config/option.ts';
import {
  countUpTo,
  durationWithin,
  file,
  folder,
  hostPort,
  hostPortOrSocket,
  logLevel,
  oneOf,
  textOf,
} from '../config/values.ts';
import { allCnis } from './identity/cni/all.ts';
import { featureNames } from './source/features.ts';

const cniNames = ['auto', ...allCnis.map(({ name }) => name)];

/** A ring buffer is a power of two, and at least a page. */
const ringKib = z
  .int('give a power of two from 4 to 1048576')
  .refine((kib) => Number.isInteger(Math.log2(kib)) && kib >= 4 && kib <= 1_048_576, {
    error: 'give a power of two from 4 to 1048576',
  });

/** What can be said to the agent. */
export const agentOptions = {
  cluster: text('<name>', 'name of the cluster', textOf('give the name of the cluster'), 'default'),
  node: text('<name>', 'Kubernetes name of this node', textOf('give the name of this node'), hostname()),
  aggregator: text('<address>', 'host:port or unix:/path', hostPortOrSocket, '127.0.0.1:7280'),
  cni: text('<name>', `the CNI of this node: one of ${cniNames.join(', ')}`, oneOf(cniNames), 'auto'),
  cniResults: list('<dirs>', "libcni's result caches", folder, ['/var/lib/cni/results', '/var/lib/cni/cache/results']),
  cniConf: text('<dir>', 'CNI configuration', folder, '/etc/cni/net.d'),
  cri: text('<path>', "the container runtime's socket, or auto", textOf('name a socket, or auto'), 'auto'),
  ovsdb: text('<path>', 'socket of ovsdb-server', textOf('name a socket'), '/var/run/openvswitch/db.sock'),
  cilium: text('<dir>', "Cilium's run directory", folder, '/var/run/cilium'),
  kubeconfig: text('<file>', 'access to the Kubernetes API, in place of the service account', file),
  kubeContext: text(
    '<name>',
    'which context of --kubeconfig, in place of its current one',
    textOf('name a context of the kubeconfig'),
  ),
  spool: text('<dir>', 'batches not yet acknowledged', folder, '/var/lib/weir/spool'),
  spoolMaxMib: number('bound of the spool', countUpTo(1_048_576), 64),
  window: text('<time>', 'length of one report', durationWithin('1ms', '1h'), '15s'),
  hold: text('<time>', 'how long a flow may wait for the name of its pod', durationWithin('1ms', '1h'), '30s'),
  maxEdges: number("bound of each of the kernel's edge maps", countUpTo(1 << 24), 65_536),
  maxInterfaces: number('bound of watched pod interfaces', countUpTo(1 << 20), 4096),
  pins: text(
    '<dir>',
    'where capture is kept while the agent restarts, in a BPF file system',
    folder,
    '/sys/fs/bpf/weir',
  ),
  removePins: action('detach everything that an agent left there, and end'),
  overflowRingKib: number('room for events of edges that found their map full', ringKib, 4096),
  dnsNames: text(
    '<on|off>',
    'learn names of external peers from DNS answers to pods',
    oneOf(['on', 'off'] as const),
    'on',
  ),
  without: list('<features>', `do without some of ${featureNames.join(', ')}`, oneOf(featureNames), []),
  metricsListen: text('<address>', 'host:port for /metrics', hostPort),
  tlsCa: text('<file>', "authority of the aggregator's certificate, in PEM", file),
  tlsCert: text('<file>', 'certificate that proves this node, with its chain', file),
  tlsKey: text('<file>', 'its key', file),
  tlsServerName: text('<name>', "name in the aggregator's certificate", textOf('give a name in the certificate')),
  tokenFile: text('<file>', 'token of this pod, that proves its node', file),
  insecureTransport: toggle('plain text also beyond this machine', 'INSECURE'),
  logLevel: text('<level>', 'least level to log', logLevel, 'info'),
};
