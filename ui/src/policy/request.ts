import type { GenerateRequest, RowChoice } from '../../../proto/wire.ts';
import type { Row } from '../tables/rows.ts';
import type { PolicyChoices } from './choices.ts';

/** What the policy is made for. */
export interface PolicyScope {
  readonly cluster: string;
  readonly namespace: string;
  readonly entity: { readonly kind: string; readonly name: string } | null;
  readonly range: { readonly startUnixMs: number; readonly endUnixMs: number };
}

function rowChoices(rows: readonly Row[], { rows: decisions }: PolicyChoices): RowChoice[] {
  return rows.flatMap(({ key, direction, edge: { client, server, protocol, port } }) => {
    const decision = decisions.get(key);
    return decision === undefined ? [] : [{ client, server, protocol, port, direction, ...decision }];
  });
}

/** The question that makes the policy. @param rows all rows of both directions, so that decisions find theirs */
export function generateRequest(
  scope: PolicyScope,
  choices: PolicyChoices,
  rows: readonly Row[],
): Partial<GenerateRequest> {
  const { cluster, namespace, entity, range } = scope;
  const service = entity?.kind === 'Service' ? { namespace, name: entity.name } : null;
  const workload = entity === null || service !== null ? null : { namespace, ...entity };
  return {
    cluster,
    scope: service === null && namespace !== '' ? { namespace, workload } : null,
    service,
    range,
    ingress: choices.directions === 'ingress',
    egress: choices.directions === 'egress',
    choices: rowChoices(rows, choices),
    ingressRule: choices.ingressRule,
    egressRule: choices.egressRule,
    manualRules: choices.manual.map(({ direction, peer, value, ports }) =>
      peer === 'cidr' ? { direction, ports, peer, cidr: value } : { direction, ports, peer, namespace: value },
    ),
    includeDenied: choices.includeDenied,
    peers: choices.byNamespace ? 'PEER_GRAIN_NAMESPACE' : 'PEER_GRAIN_UNSPECIFIED',
    portRanges: choices.portRanges,
    namedPorts: choices.namedPorts,
    dialect: choices.dialect,
    comments: choices.comments,
  };
}

/** A word as a POSIX shell reads it back, whatever it holds. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
