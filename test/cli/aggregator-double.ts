import { Server, ServerCredentials } from '@grpc/grpc-js';
import { everything } from '../../aggregator/access/own-access.ts';
import { openGate } from '../../aggregator/access/user-gate.ts';
import { addService } from '../../aggregator/api/grpc-service.ts';
import type { WeirError } from '../../core/errors.ts';
import type { ServiceHandlers } from '../../proto/services.ts';
import type * as wire from '../../proto/wire.ts';

/** What the double answers; requests are kept for the test to look at. */
export interface Answers {
  edges: readonly wire.Edge[];
  coverage: wire.Coverage;
  status: wire.GetStatusResponse;
  generate: wire.GenerateResponse;
  check: wire.CheckResponse;
  settings: wire.Settings;
  windows: readonly wire.FollowResponse[];
  /** When set, every query is refused with this. */
  refusal: WeirError | null;
}

/** An aggregator over real gRPC whose answers the test sets, for what a person sees of each. */
export class AggregatorDouble {
  readonly asked: unknown[] = [];
  readonly #server = new Server();
  readonly #answers: Answers;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  /** @returns the address that it listens on */
  async listen(): Promise<string> {
    const unary =
      <Response>(answer: () => Response) =>
      (request: unknown): Response => {
        this.asked.push(request);
        const { refusal } = this.#answers;
        if (refusal !== null) throw refusal;
        return answer();
      };
    const answers = this.#answers;
    const parts = { report: () => undefined, gate: openGate };
    const query: ServiceHandlers['query'] = {
      listNamespaces: unary(() => ({ namespaces: [] })),
      listWorkloads: unary(() => ({ workloads: [] })),
      listServices: unary(() => ({ services: [] })),
      listEdges: unary(() => {
        const { edges, coverage } = answers;
        return { edges, coverage, totalEdges: edges.length, nextPageToken: '' };
      }),
      getGraph: unary(() => ({ nodes: [], links: [], coverage: answers.coverage, folded: false })),
      getTimeline: unary(() => ({ buckets: [], coverage: answers.coverage })),
      completeFilter: unary(() => ({ suggestions: [], replaceFrom: 0, replaceTo: 0, problem: '', problemAt: 0 })),
      getAccess: unary(() => everything),
      getStatus: unary(() => answers.status),
      follow: (request, to) => {
        this.asked.push(request);
        for (const window of answers.windows) to.write(window);
        to.end();
      },
    };
    // Commands that ask for more are tested with a real aggregator.
    const unanswered = () => {
      throw new Error('the double has no answer to this');
    };
    const policy: ServiceHandlers['policy'] = {
      generate: unary(() => answers.generate),
      check: unary(() => answers.check),
      compare: unanswered,
      listApplied: unanswered,
      why: unanswered,
      getIsolation: unanswered,
      planRollout: unanswered,
      listBaselines: unanswered,
      setBaseline: unanswered,
      removeBaseline: unanswered,
      getDrift: unanswered,
    };
    addService(this.#server, 'query', query, parts);
    addService(this.#server, 'policy', policy, parts);
    const settings: ServiceHandlers['settings'] = {
      getSettings: unary(() => ({ settings: answers.settings })),
      setSettings: unary(() => ({ settings: answers.settings })),
    };
    addService(this.#server, 'settings', settings, parts);
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
    return `127.0.0.1:${port}`;
  }

  close(): void {
    this.#server.forceShutdown();
  }
}
