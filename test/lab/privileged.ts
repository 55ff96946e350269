import { spawnSync } from 'node:child_process';

/** Why the lab cannot be built here; false when it can. In the form of tap's `skip` option. */
export function whyNoLab(): string | false {
  if (process.getuid?.() !== 0) return 'the lab needs root';
  for (const tool of [
    'ip',
    'nft',
    'nsenter',
    'conntrack',
    'nginx',
    'redis-server',
    'dnsmasq',
    'curl',
    'bpftool',
    'ovs-vswitchd',
    'ethtool',
  ]) {
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0) return `the lab needs ${tool}`;
  }
  if (spawnSync('unshare', ['--net', 'true']).status !== 0) return 'network namespaces may not be made here';
  return false;
}
