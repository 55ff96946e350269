import type * as wire from '../../proto/wire.ts';

/**
 * The status as one process knows it, with what the others told: an agent is where it has its stream open, and what is
 * known of it is known there.
 */
export function mergeStatus(
  own: wire.GetStatusResponse,
  others: readonly wire.GetStatusResponse[],
): wire.GetStatusResponse {
  const clusters = own.clusters.map((cluster) => {
    const elsewhere = others.flatMap(({ clusters }) => clusters.filter(({ name }) => name === cluster.name));
    const told = new Map(elsewhere.flatMap(({ agents }) => agents).map((agent) => [agent.node, agent]));
    return { ...cluster, agents: mergeAgents(cluster.agents, told) };
  });
  return { ...own, clusters, replicas: [...own.replicas, ...others.flatMap(({ replicas }) => replicas)] };
}

function mergeAgents(
  agents: readonly wire.AgentReport[],
  told: ReadonlyMap<string, wire.AgentReport>,
): readonly wire.AgentReport[] {
  const known = new Set(agents.map(({ node }) => node));
  const merged = agents.map((agent) => {
    const other = told.get(agent.node);
    // A stream that is open here is newer than what another process said of the one before it.
    return agent.connected || other === undefined ? agent : { ...agent, connected: true, status: other.status };
  });
  // Connected there, and nothing of it is committed yet.
  const added = [...told.values()].filter(({ node }) => !known.has(node));
  return [...merged, ...added].toSorted((a, b) => (a.node < b.node ? -1 : 1));
}
