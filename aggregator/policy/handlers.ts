import type { PolicyHandlers } from '../../proto/services.ts';
import { checkHandler } from './check-handler.ts';
import { generateHandler } from './generate-handler.ts';
import type { PolicyParts } from './parts.ts';

/** The gRPC side of making policies and proving them. */
export function policyHandlers(parts: PolicyParts): PolicyHandlers {
  return { generate: generateHandler(parts), check: checkHandler(parts) };
}
