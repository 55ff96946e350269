import { execFileSync } from 'node:child_process';
import { type Address, parseAddress } from '../../core/address.ts';

/** Settings below /proc/sys/net of a namespace that routes. */
export const routerSettings = {
  'ipv4/ip_forward': '1',
  'ipv4/conf/all/rp_filter': '0',
  'ipv4/conf/default/rp_filter': '0',
  'ipv4/conf/all/send_redirects': '0',
  'ipv4/conf/default/send_redirects': '0',
  'ipv6/conf/all/forwarding': '1',
  'ipv6/conf/all/accept_dad': '0',
  'ipv6/conf/default/accept_dad': '0',
};

/** Runs `ip` commands, one a line, inside a network namespace, or in that of the caller. */
export function ipBatch(netns: string | null, lines: readonly string[]): void {
  const argv = [...(netns === null ? [] : ['-n', netns]), '-batch', '-'];
  execFileSync('ip', argv, { input: `${lines.join('\n')}\n`, stdio: ['pipe', 'pipe', 'pipe'] });
}

export function writeSettings(netns: string, settings: Readonly<Record<string, string>>): void {
  const script = Object.entries(settings).map(([name, value]) => `echo '${value}' > /proc/sys/net/${name}`);
  execFileSync('nsenter', [`--net=/run/netns/${netns}`, 'sh', '-ec', script.join('\n')], { stdio: 'pipe' });
}

export function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === null) throw new Error(`${text} is no address`);
  return address;
}
