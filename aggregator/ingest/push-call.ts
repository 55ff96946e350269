import type { WeirError } from '../../core/errors.ts';
import type * as wire from '../../proto/wire.ts';

/** The stream of one agent, as far as a session needs it. */
export interface PushCall {
  /** @returns false when the agent does not read: nothing more should be written until `drained` is called */
  write(response: wire.PushResponse): boolean;
  /** Ends the stream with an error. */
  fail(error: WeirError): void;
  /** Stops taking requests from the network. */
  pause(): void;
  resume(): void;
}
