import type { ServiceHandlers } from '../../proto/services.ts';

/** The services that people and programs ask; each is served over gRPC and over HTTP. */
export const apiKeys = ['query', 'policy', 'alias', 'settings'] as const;

export type ApiKey = (typeof apiKeys)[number];

export type ApiHandlers = Pick<ServiceHandlers, ApiKey>;

/** Those that answer for one cluster: the status is of all. */
export type ClusterHandlers = Omit<ApiHandlers, 'query'> & { readonly query: Omit<ApiHandlers['query'], 'getStatus'> };
