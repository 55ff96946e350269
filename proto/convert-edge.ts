import { type Address, parseAddress } from '../core/address.ts';
import type { Edge, Observation } from '../core/edge.ts';
import { WeirError } from '../core/errors.ts';
import { zeroCounters } from '../core/flow.ts';
import { type Entity, type UnresolvedReason, unresolvedReasons } from '../core/identity.ts';
import { encodeAliasTag } from './convert-alias.ts';
import { coreEvidence, coreProtocol, coreVerdict, wireEvidence, wireProtocol, wireVerdict } from './names.ts';
import type * as wire from './wire.ts';

function unreadable(what: string): WeirError {
  return new WeirError('WIRE_INVALID', `${what}; is the other side of another version of Weir?`);
}

export function encodeEntity(entity: Entity): wire.Entity {
  switch (entity.type) {
    case 'workload': {
      const { namespace, kind, name } = entity;
      return { entity: 'workload', workload: { namespace, kind, name } };
    }
    case 'service':
      return { entity: 'service', service: { namespace: entity.namespace, name: entity.name } };
    case 'node':
      return { entity: 'node', node: entity.name };
    case 'external': {
      const alias = entity.alias === undefined ? null : encodeAliasTag(entity.alias);
      return { entity: 'external', external: entity.address, alias };
    }
    case 'unresolved':
      return { entity: 'unresolved', unresolved: { address: entity.address, reason: entity.reason } };
  }
}

function decodeAddress(text: string): Address {
  const address = parseAddress(text);
  if (address === null) throw unreadable(`${JSON.stringify(text)} is not an address`);
  return address;
}

function decodeReason(text: string): UnresolvedReason {
  const reason = unresolvedReasons.find((each) => each === text);
  if (reason !== undefined) return reason;
  throw unreadable(`${JSON.stringify(text)} is no reason for which an address is unresolved`);
}

/** @throws WeirError WIRE_INVALID when it names no entity that this version knows */
export function decodeEntity(message: wire.Entity | null): Entity {
  switch (message?.entity) {
    case 'workload':
      return { type: 'workload', ...message.workload };
    case 'service':
      return { type: 'service', ...message.service };
    case 'node':
      return { type: 'node', name: message.node };
    case 'external': {
      const { external, alias } = message;
      return { type: 'external', address: decodeAddress(external), ...(alias && { alias }) };
    }
    case 'unresolved': {
      const { address, reason } = message.unresolved;
      return { type: 'unresolved', address: decodeAddress(address), reason: decodeReason(reason) };
    }
    case undefined:
      throw unreadable('an edge lacks one of its ends');
  }
}

export function encodeObservation(observation: Observation): wire.Observation {
  const { counters, drops, directionBy, serverNames, firstSeenUnixMs, lastSeenUnixMs } = observation;
  return {
    counters,
    drops: Object.entries(drops).map(([reason, packets]) => ({ reason, packets })),
    directionBy: wireEvidence[directionBy],
    serverNames,
    firstSeenUnixMs,
    lastSeenUnixMs,
  };
}

/** @throws WeirError WIRE_INVALID when the evidence is of a kind that this version does not know */
export function decodeObservation(message: wire.Observation): Observation {
  const { counters, drops, serverNames, firstSeenUnixMs, lastSeenUnixMs } = message;
  const directionBy = coreEvidence[message.directionBy];
  if (directionBy === undefined) throw unreadable('an edge does not say how its direction is known');
  return {
    counters: counters ?? zeroCounters(),
    drops: Object.fromEntries(drops.map(({ reason, packets }) => [reason, packets])),
    directionBy,
    serverNames,
    firstSeenUnixMs,
    lastSeenUnixMs,
  };
}

export function encodeEdge(edge: Edge): wire.Edge {
  return {
    client: encodeEntity(edge.client),
    server: encodeEntity(edge.server),
    protocol: wireProtocol[edge.protocol],
    port: edge.port,
    services: edge.services,
    byClient: edge.byClient && encodeObservation(edge.byClient),
    byServer: edge.byServer && encodeObservation(edge.byServer),
    merged: encodeObservation(edge.merged),
    verdict: wireVerdict[edge.verdict],
  };
}

/** @throws WeirError WIRE_INVALID when a part is missing or of a kind that this version does not know */
export function decodeEdge(message: wire.Edge): Edge {
  const protocol = coreProtocol[message.protocol];
  const verdict = coreVerdict[message.verdict];
  if (protocol === undefined || verdict === undefined || message.merged === null) {
    throw unreadable('an edge lacks its protocol, its verdict or its counts');
  }
  return {
    client: decodeEntity(message.client),
    server: decodeEntity(message.server),
    protocol,
    port: message.port,
    services: message.services,
    byClient: message.byClient && decodeObservation(message.byClient),
    byServer: message.byServer && decodeObservation(message.byServer),
    merged: decodeObservation(message.merged),
    verdict,
  };
}
