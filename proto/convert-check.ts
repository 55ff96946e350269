import type { OverPermission } from '../policy/replay/over-permission.ts';
import type { Policy } from '../core/kubernetes.ts';
import type { PolicyPath } from '../policy/evaluate/place.ts';
import type { ReplayFinding, ReplayResult } from '../policy/replay/replay.ts';
import type { LineSpan } from '../policy/print/yaml-lines.ts';
import type { Checked } from '../policy/replay/check.ts';
import { encodeEdge, encodeEntity } from './convert-edge.ts';
import { wireProtocol } from './names.ts';
import type * as wire from './wire.ts';
import { encodeBecause, encodeRule } from './convert-rule.ts';

/** Where in its file a value of a policy is written; null for a policy of no file. */
export type LinesOf = (policy: Policy, path: PolicyPath) => LineSpan | null;

export function encodeFinding({ edge, decision, direction, because, rests }: ReplayFinding): wire.ReplayFinding {
  return { edge: encodeEdge(edge), decision, direction, because, rule: encodeBecause(rests) };
}

export function encodeReplay({ findings, ...counts }: ReplayResult): wire.ReplayResult {
  return { ...counts, findings: findings.map(encodeFinding), unusedRules: [], overPermission: null };
}

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
export function encodeChecked({ replay, unused, overPermission }: Checked, linesOf: LinesOf): wire.ReplayResult {
  return {
    ...encodeReplay(replay),
    unusedRules: unused.map((rule) => encodeRule(rule, linesOf(rule.of, ['spec', rule.direction, rule.index]))),
    overPermission: overPermission && encodeOverPermission(overPermission),
  };
}
