import type * as wire from '../../proto/wire.ts';

/** Which namespaces somebody may see. */
export type Sees = (namespace: string) => boolean;

const hidden: wire.Entity = { entity: 'unresolved', unresolved: { address: '0.0.0.0', reason: 'hidden' } };

function namespaceOf(entity: wire.Entity | null): string | null {
  if (entity?.entity === 'workload') return entity.workload.namespace;
  return entity?.entity === 'service' ? entity.service.namespace : null;
}

/** The namespaces that a response names. */
export function namespacesIn(response: unknown): ReadonlySet<string> {
  const { edges = [], services = [], namespaces = [] } = response as Parts;
  const found = new Set<string>();
  const add = (entity: wire.Entity | null) => found.add(namespaceOf(entity) ?? '');
  for (const { client, server, services: by } of edges) {
    add(client);
    add(server);
    for (const { namespace } of by) found.add(namespace);
  }
  for (const { ports } of services) for (const { behind } of ports) for (const { entity } of behind) add(entity);
  for (const { name } of namespaces) found.add(name);
  found.delete('');
  return found;
}

/** The parts of responses that name namespaces besides the one that was asked for. */
interface Parts {
  readonly edges?: readonly wire.Edge[];
  readonly services?: readonly wire.ServiceSummary[];
  readonly namespaces?: readonly wire.NamespaceSummary[];
}

/** A response without what somebody may not see: far ends are hidden, edges between others left out. */
export function redact(response: unknown, sees: Sees): unknown {
  const { edges, services, namespaces } = response as Parts;
  return {
    ...(response as object),
    ...(edges && { edges: edges.flatMap((edge) => redactEdge(edge, sees)) }),
    ...(services && { services: services.map((service) => redactService(service, sees)) }),
    ...(namespaces && { namespaces: namespaces.filter(({ name }) => sees(name)) }),
  };
}

function redactEdge(edge: wire.Edge, sees: Sees): wire.Edge[] {
  const isSeen = (entity: wire.Entity | null) => sees(namespaceOf(entity) ?? '');
  const hides = (entity: wire.Entity | null) => namespaceOf(entity) !== null && !isSeen(entity);
  const own = [edge.client, edge.server].some((entity) => namespaceOf(entity) !== null && isSeen(entity));
  if (!own) return [];
  return [
    {
      ...edge,
      client: hides(edge.client) ? hidden : edge.client,
      server: hides(edge.server) ? hidden : edge.server,
      services: edge.services.filter(({ namespace }) => sees(namespace)),
    },
  ];
}

function redactService(service: wire.ServiceSummary, sees: Sees): wire.ServiceSummary {
  const hides = (entity: wire.Entity | null) => namespaceOf(entity) !== null && !sees(namespaceOf(entity) ?? '');
  const ports = service.ports.map((port) => ({
    ...port,
    behind: port.behind.map((end) => (hides(end.entity) ? { ...end, entity: hidden } : end)),
  }));
  return { ...service, ports };
}
