import { mustRun } from './command.ts';

/** Runs commands of `ip`, `bridge` or `tc`, one a line, inside a network namespace; none when there is no line. */
export async function batch(tool: 'ip' | 'bridge' | 'tc', netns: string, lines: readonly string[]): Promise<void> {
  if (lines.length > 0)
    await mustRun(['nsenter', `--net=/run/netns/${netns}`, tool, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** Makes network namespaces. */
export async function addNamespaces(names: readonly string[]): Promise<void> {
  if (names.length > 0)
    await mustRun(['ip', '-batch', '-'], { input: names.map((name) => `netns add ${name}\n`).join('') });
}

/** Writes settings below /proc/sys/net as seen inside a network namespace. A kernel without IPv6 lacks those of IPv6. */
export async function setSysctls(netns: string, settings: Readonly<Record<string, string>>): Promise<void> {
  const script = Object.entries(settings)
    .map(([name, value]) => {
      const write = `echo ${value} > /proc/sys/net/${name}`;
      return name.startsWith('ipv6/') ? `[ ! -e /proc/sys/net/${name} ] || ${write}` : write;
    })
    .join('\n');
  await mustRun(['nsenter', `--net=/run/netns/${netns}`, 'sh', '-ec', script]);
}

/** Loads an nft ruleset inside a network namespace. */
export async function loadRules(netns: string, rules: string): Promise<void> {
  await mustRun(['nsenter', `--net=/run/netns/${netns}`, 'nft', '-f', '-'], { input: rules });
}

/** The lab speaks IPv4 only: IPv6 would add neighbour discovery that nobody asked for. */
export const ipv4Only = { 'ipv6/conf/all/disable_ipv6': '1', 'ipv6/conf/default/disable_ipv6': '1' };
