import type { Direction, Protocol } from '../../core/flow.ts';
import type { Entity, WorkloadRef } from '../../core/identity.ts';
import { everyLabel, type LabelChoice } from '../../core/settings.ts';
import type { PortProtocol } from '../evaluate/connections.ts';

/**
 * What holds for a direction besides the rows.
 * - `observed`: rules by what was observed
 * - `block-all`: no row makes a rule unless it was chosen
 * - `allow-inside-namespace`: every pod of the namespace, besides what was observed
 * - `allow-all`: everything
 */
export type GeneralRule = 'observed' | 'block-all' | 'allow-inside-namespace' | 'allow-all';

/** One row that is to be treated otherwise than by default: an edge, seen from the workload whose direction it is. */
export interface RowChoice {
  readonly client: Entity;
  readonly server: Entity;
  readonly protocol: Protocol;
  readonly port: number;
  readonly direction: Direction;
  readonly include: boolean;
  /** The block that the rule allows in place of an address; null means the address, or its alias. */
  readonly cidr: string | null;
}

/** Ports of one protocol; both ends are in it. */
export interface PortSpan {
  readonly protocol: PortProtocol;
  readonly first: number;
  readonly last: number;
}

/** A rule that a person adds, for every workload in scope. */
export interface ManualRule {
  readonly direction: Direction;
  readonly peer:
    | { readonly type: 'block'; readonly cidr: string }
    | { readonly type: 'namespace'; readonly namespace: string }
    | ({ readonly type: 'workload' } & WorkloadRef);
  /** Null means every port. */
  readonly ports: readonly PortSpan[] | null;
}

/** How rules are made of rows. */
export interface GenerateOptions {
  readonly choices: readonly RowChoice[];
  readonly general: Readonly<Record<Direction, GeneralRule>>;
  readonly manualRules: readonly ManualRule[];
  /** Rules also for what never came through. */
  readonly includeDenied: boolean;
  /** Whether peers are named by the labels of the workload, or by the whole namespace. */
  readonly peers: 'workload' | 'namespace';
  /** Adjacent ports as one range. */
  readonly portRanges: boolean;
  /** A port by its name where all pods that the rule reaches agree on it. */
  readonly namedPorts: boolean;
  readonly workloadLabels: LabelChoice;
  readonly namespaceLabels: LabelChoice;
  /** Egress rules name the addresses of Services besides the pods, for plugins that look before translation. */
  readonly serviceAddresses: boolean;
}

export const defaultOptions: GenerateOptions = {
  choices: [],
  general: { ingress: 'observed', egress: 'observed' },
  manualRules: [],
  includeDenied: false,
  peers: 'workload',
  portRanges: false,
  namedPorts: false,
  workloadLabels: everyLabel,
  namespaceLabels: everyLabel,
  serviceAddresses: false,
};
