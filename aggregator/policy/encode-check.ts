import type { OverPermission } from '../../policy/over-permission.ts';
import type { Checked, PolicyRule } from '../../policy/check.ts';
import { encodeEntity } from '../../proto/convert-edge.ts';
import { wireProtocol } from '../../proto/names.ts';
import type * as wire from '../../proto/wire.ts';
import type { Candidates } from './candidates.ts';
import { encodeReplay } from './encode.ts';
import { encodeRule } from './encode-rule.ts';

function encodeOverPermission(found: OverPermission): wire.OverPermission {
  const { allowedPorts, seenPorts, allowedPairs, seenPairs, widest } = found;
  return {
    allowed: allowedPorts,
    seen: seenPorts,
    allowedPairs,
    seenPairs,
    widest: widest.map(({ client, clients, server, protocol, ports }) => ({
      client: client.entity && encodeEntity(client.entity),
      server: server.entity && encodeEntity(server.entity),
      protocol: wireProtocol[protocol],
      firstPort: ports.first,
      lastPort: ports.last,
      clients,
    })),
  };
}

/** What a check found, with the lines of the files that the candidates were given in. */
export function encodeChecked({ replay, unused, overPermission }: Checked, candidates: Candidates): wire.ReplayResult {
  const linesOf = ({ of, direction, index }: PolicyRule) => candidates.linesOf(of, ['spec', direction, index]);
  return {
    ...encodeReplay(replay),
    unusedRules: unused.map((rule) => encodeRule(rule, linesOf(rule))),
    overPermission: overPermission && encodeOverPermission(overPermission),
  };
}
