import type { ServiceHandlers } from '../../proto/services.ts';

/** The services that people and programs ask; each is served over gRPC and over HTTP. */
export const apiKeys = ['query', 'policy', 'alias', 'settings'] as const;

export type ApiKey = (typeof apiKeys)[number];

export type ApiHandlers = Pick<ServiceHandlers, ApiKey>;
