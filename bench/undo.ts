type Step = () => void | Promise<void>;

/** What was done to the machine and has to be taken back: the last thing first. */
export class Undo {
  readonly #steps: Step[] = [];

  later(step: Step): void {
    this.#steps.push(step);
  }

  /** Takes everything back that was done since it was last called. @throws AggregateError when a step fails, at the end */
  async now(): Promise<void> {
    const errors: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, `cleaning up failed: ${errors.map(String).join('; ')}`);
  }
}
