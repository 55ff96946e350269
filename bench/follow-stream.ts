import { messageOf } from '../core/errors.ts';
import type { UnixMs } from '../core/time.ts';
import { connect } from '../proto/services.ts';
import type * as wire from '../proto/wire.ts';
import { eventsOf } from '../test/aggregator/events.ts';
import type { Run } from './bench.ts';

/** Someone who follows all flows, and when each server port was shown first. */
export class FollowStream {
  readonly #shownUnixMs = new Map<number, UnixMs>();
  #failure: unknown = null;

  /** By gRPC; ends with the bench. */
  static grpc(run: Run, address: string): FollowStream {
    const connection = connect(address);
    run.undo.later(() => connection.close());
    const call = connection.query.follow({ cluster: '', scope: null });
    run.undo.later(() => call.cancel());
    return new FollowStream(run, call as AsyncIterable<wire.FollowResponse>);
  }

  /** By server-sent events, as the web app does; ends with the bench. */
  static async serverSent(run: Run, httpAddress: string): Promise<FollowStream> {
    const abort = new AbortController();
    run.undo.later(() => abort.abort());
    const response = await fetch(`http://${httpAddress}/api/v1/query/follow`, { signal: abort.signal });
    return new FollowStream(run, windowsOf(response));
  }

  private constructor(run: Run, windows: AsyncIterable<wire.FollowResponse>) {
    let isOver = false;
    run.undo.later(() => {
      isOver = true;
    });
    this.#read(windows).catch((error: unknown) => {
      if (!isOver) this.#failure = error;
    });
  }

  /** @throws Error when the stream has broken off */
  get shownUnixMs(): ReadonlyMap<number, UnixMs> {
    if (this.#failure !== null) throw new Error(`a follow stream broke off: ${messageOf(this.#failure)}`);
    return this.#shownUnixMs;
  }

  async #read(windows: AsyncIterable<wire.FollowResponse>): Promise<void> {
    for await (const { edges } of windows) {
      const now = Date.now();
      for (const { port } of edges) if (!this.#shownUnixMs.has(port)) this.#shownUnixMs.set(port, now);
    }
    throw new Error('the aggregator ended it');
  }
}

async function* windowsOf(response: Response): AsyncGenerator<wire.FollowResponse> {
  for await (const { data } of eventsOf(response)) {
    if (data !== undefined) yield JSON.parse(data) as wire.FollowResponse;
  }
}
