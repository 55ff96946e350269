/**
 * Every error that Weir reports to a person or a program, in one table.
 *
 * `grpc` is the gRPC status code (https://grpc.github.io/grpc/core/md_doc_statuscodes.html), from which the HTTP status
 * follows where there is no `http`; `exit` is the exit status of a command that ends with it. The text says what happened; the thrower adds what to do.
 */
export const errorTable = {
  USAGE: { grpc: 3, exit: 2, text: 'The command was not understood' },
  CAPTURE_NO_BTF: { grpc: 9, exit: 1, text: 'The kernel offers no BTF type information' },
  CAPTURE_KERNEL_TOO_OLD: { grpc: 9, exit: 1, text: 'The kernel is too old for the capture' },
  CAPTURE_NO_PERMISSION: { grpc: 7, exit: 1, text: 'The process may not load BPF programs' },
  CAPTURE_LOAD: { grpc: 13, exit: 1, text: 'The BPF programs could not be loaded' },
  CAPTURE_ATTACH: { grpc: 13, exit: 1, text: 'A BPF program could not be attached' },
  CAPTURE_DRAIN: { grpc: 13, exit: 1, text: 'A BPF map could not be read' },
  AGENT_RUNNING: { grpc: 9, exit: 1, text: 'Another agent watches this node' },
  NETLINK: { grpc: 13, exit: 1, text: 'The kernel refused a netlink request' },
  ADDRESS_INVALID: { grpc: 3, exit: 2, text: 'Not an IP address or CIDR' },
  MANIFEST_INVALID: { grpc: 3, exit: 2, text: 'A Kubernetes manifest could not be read' },
  CLUSTER_SOURCE: { grpc: 14, exit: 1, text: 'The state of the cluster could not be read' },
  KUBE_ACCESS: { grpc: 9, exit: 2, text: 'The Kubernetes API cannot be accessed' },
  INGEST_SEQ_GAP: { grpc: 9, exit: 1, text: 'A batch is missing before this one' },
  INGEST_INVALID: { grpc: 3, exit: 1, text: 'A batch could not be decoded' },
  INGEST_NODE_MISMATCH: { grpc: 7, exit: 1, text: 'The agent reports for a node that it does not run on' },
  INGEST_CLUSTER_MISMATCH: { grpc: 9, exit: 1, text: 'The agent belongs to another cluster' },
  INGEST_VERSION: { grpc: 9, exit: 1, text: 'Agent and aggregator have no version of the wire in common' },
  INGEST_EPOCH_PASSED: { grpc: 10, exit: 1, text: 'A later epoch of the node was committed meanwhile' },
  INGEST_SUPERSEDED: { grpc: 10, exit: 1, text: 'Another stream took over' },
  UNAUTHENTICATED: { grpc: 16, exit: 1, text: 'It is not known who asks' },
  FORBIDDEN: { grpc: 7, exit: 1, text: 'This is not allowed' },
  ACCESS_UNDECIDED: { grpc: 14, exit: 1, text: 'The Kubernetes API did not say who may do this' },
  ACCESS_CHANGED: { grpc: 14, exit: 1, text: 'What the caller may see has changed' },
  TLS_CERTIFICATE: { grpc: 9, exit: 2, text: 'A certificate cannot be used' },
  INGEST_OVERLOADED: { grpc: 8, exit: 1, text: 'The aggregator has no room for the stream' },
  SHUTTING_DOWN: { grpc: 14, exit: 1, text: 'The aggregator is about to stop' },
  LISTEN: { grpc: 14, exit: 1, text: 'An address could not be listened on' },
  WIRE_INVALID: { grpc: 13, exit: 1, text: 'A message could not be read' },
  SPOOL: { grpc: 13, exit: 1, text: 'The spool directory could not be used' },
  STORE: { grpc: 14, exit: 1, text: 'The database could not be used' },
  STORE_COPY: { grpc: 9, exit: 1, text: 'The database was not copied' },
  REQUEST_INVALID: { grpc: 3, exit: 2, text: 'The request is not valid' },
  REQUEST_TOO_LARGE: { grpc: 8, http: 413, exit: 1, text: 'The request is too large' },
  REQUEST_TYPE: { grpc: 3, http: 415, exit: 1, text: 'The request is of another type than JSON' },
  METHOD_UNKNOWN: { grpc: 12, http: 404, exit: 1, text: 'No such method' },
  HTTP_METHOD: { grpc: 12, http: 405, exit: 1, text: 'Another HTTP method is wanted' },
  ANSWER_TOO_LARGE: { grpc: 11, http: 400, exit: 1, text: 'The answer would be too large' },
  TOO_MANY: { grpc: 8, exit: 1, text: 'There is too much to do at once' },
  INTERNAL: { grpc: 13, exit: 1, text: 'Something went wrong that is a fault of Weir' },
  QUERY_INVALID: { grpc: 3, exit: 2, text: 'The query is not valid' },
  FILTER_INVALID: { grpc: 3, exit: 2, text: 'The filter is not valid' },
  PAGE_EXPIRED: { grpc: 10, http: 410, exit: 1, text: 'The page is not kept any more' },
  ALIAS_INVALID: { grpc: 3, exit: 2, text: 'The alias is not valid' },
  ALIAS_UNKNOWN: { grpc: 5, exit: 1, text: 'No such alias' },
  BASELINE_INVALID: { grpc: 3, exit: 2, text: 'The baseline is not valid' },
  BASELINE_UNKNOWN: { grpc: 5, exit: 1, text: 'No such baseline' },
  SETTINGS_INVALID: { grpc: 3, exit: 2, text: 'The settings are not valid' },
  SETTINGS_CHANGED: { grpc: 10, exit: 1, text: 'The settings were changed meanwhile' },
  WORKLOAD_UNKNOWN: { grpc: 5, exit: 1, text: 'No such workload' },
  SERVICE_UNKNOWN: { grpc: 5, exit: 1, text: 'No such Service' },
  NAMESPACE_UNKNOWN: { grpc: 5, exit: 1, text: 'No such namespace' },
  AGGREGATOR_UNREACHABLE: { grpc: 14, exit: 1, text: 'The aggregator did not answer' },
  LAB: { grpc: 13, exit: 1, text: 'The lab could not be built' },
  CONFIG_INVALID: { grpc: 3, exit: 2, text: 'The configuration is not valid' },
} as const satisfies Record<string, ErrorRow>;

interface ErrorRow {
  readonly grpc: number;
  /** Where it is not the status that usually stands for the gRPC status. */
  readonly http?: number;
  readonly exit: number;
  readonly text: string;
}

/** HTTP status by gRPC status (https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto). */
const httpOfGrpc: Readonly<Record<number, number>> = {
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  11: 400,
  12: 501,
  13: 500,
  14: 503,
  16: 401,
};

export type ErrorCode = keyof typeof errorTable;

/** The one error class of Weir. `detail` carries machine-readable context; `cause` the error underneath, if any. */
export class WeirError extends Error {
  override readonly name = 'WeirError';
  readonly code: ErrorCode;
  readonly detail: Readonly<Record<string, unknown>>;

  /** @param what what went wrong here and what to do about it, as the end of the table's sentence */
  constructor(
    code: ErrorCode,
    what: string,
    options: { cause?: unknown; detail?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(`${errorTable[code].text}: ${what}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = options.detail ?? {};
  }

  /** gRPC status code that this error is answered with. */
  get grpcStatus(): number {
    return errorTable[this.code].grpc;
  }

  /** HTTP status that this error is answered with. */
  get httpStatus(): number {
    const row: ErrorRow = errorTable[this.code];
    return row.http ?? httpOfGrpc[row.grpc] ?? 500;
  }

  /** Exit status of a command that ends with this error. */
  get exitStatus(): number {
    return errorTable[this.code].exit;
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
