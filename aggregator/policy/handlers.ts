import type { PolicyHandlers } from '../../proto/services.ts';
import { appliedHandler } from './applied-handler.ts';
import { baselineHandlers } from './baseline-handlers.ts';
import { checkHandler } from './check-handler.ts';
import { compareHandler } from './compare-handler.ts';
import { driftHandler } from './drift-handler.ts';
import { generateHandler } from './generate-handler.ts';
import { isolationHandler } from './isolation-handler.ts';
import type { PolicyParts } from './parts.ts';
import { rolloutHandler } from './rollout-handler.ts';
import { whyHandler } from './why-handler.ts';

/** What is answered to questions about policies. */
export function policyHandlers(parts: PolicyParts): PolicyHandlers {
  return {
    generate: generateHandler(parts),
    check: checkHandler(parts),
    compare: compareHandler(parts),
    listApplied: appliedHandler(parts),
    why: whyHandler(parts),
    getIsolation: isolationHandler(parts),
    planRollout: rolloutHandler(parts),
    ...baselineHandlers(parts),
    getDrift: driftHandler(parts),
  };
}
