import type { Decision } from '../../core/verdict.ts';
import type { Because } from './because.ts';

/** What the policies of one end say: egress at the client, ingress at the server. */
export interface SideDecision {
  readonly decision: Decision;
  readonly because: Because;
}
