import { compareText } from '../../core/order.ts';
import type * as wire from '../../proto/wire.ts';

/**
 * The agents as this process knows them, with what other processes told of theirs: an agent is where it has its stream
 * open, and what is known of it is known there.
 */
export function mergeAgents(
  agents: readonly wire.AgentReport[],
  told: readonly wire.AgentReport[],
): readonly wire.AgentReport[] {
  const elsewhere = new Map(told.map((agent) => [agent.node, agent]));
  const merged = agents.map((agent) => {
    const other = elsewhere.get(agent.node);
    elsewhere.delete(agent.node);
    // A stream that is open here is newer than what another process said of the one before it.
    return agent.connected || other === undefined ? agent : { ...agent, connected: true, status: other.status };
  });
  // Those that are left are connected there, and nothing of them is committed yet.
  return [...merged, ...elsewhere.values()].toSorted((a, b) => compareText(a.node, b.node));
}
