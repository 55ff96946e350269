import { familyOf } from '../../core/address.ts';
import type { Endpoint, Protocol } from '../../core/flow.ts';

/** A Service as kube-proxy knows it. */
export interface ServiceRule {
  readonly virtual: Endpoint;
  readonly protocol: Extract<Protocol, 'TCP' | 'UDP'>;
  /** Each has the same chance. */
  readonly backends: readonly Endpoint[];
  /** Whether every caller is masqueraded, not only a backend that calls itself. */
  readonly masquerade?: boolean;
}

const mark = '0x4000';

/** The nft rules of a node's proxy: DNAT before routing, masquerade after it. One family at a time. */
export function serviceRules(services: readonly ServiceRule[]): string {
  const chains: string[] = [];
  const choices: string[] = [];
  const first = services[0];
  if (first === undefined) throw new Error('no service');
  const six = familyOf(first.virtual.address) === 6;
  const [table, ip] = [six ? 'ip6' : 'ip', six ? 'ip6' : 'ip'];
  for (const [i, { virtual, protocol, backends, masquerade = false }] of services.entries()) {
    const transport = protocol.toLowerCase();
    const verdicts = backends.map((_, j) => `${j} : goto backend${i}_${j}`);
    for (const [j, { address, port }] of backends.entries()) {
      const target = six ? `[${address}]:${port}` : `${address}:${port}`;
      chains.push(`chain backend${i}_${j} {
        ${masquerade ? '' : `${ip} saddr ${address} `}meta mark set ${mark}
        meta l4proto ${transport} dnat to ${target}
      }`);
    }
    chains.push(`chain service${i} { numgen random mod ${backends.length} vmap { ${verdicts.join(', ')} }\n}`);
    choices.push(`${ip} daddr ${virtual.address} ${transport} dport ${virtual.port} goto service${i}`);
  }
  return `table ${table} proxy {
    ${chains.join('\n')}
    chain prerouting { type nat hook prerouting priority dstnat
      ${choices.join('\n')}
    }
    chain postrouting { type nat hook postrouting priority srcnat
      meta mark ${mark} masquerade
    }
  }`;
}
