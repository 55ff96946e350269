import { maxRequestBytes } from '../../../proto/services.ts';
import type { CertificateFiles } from '../../../tls/certificate-files.ts';
import type { Gate } from '../../access/user-gate.ts';
import type { FaultReport } from '../faults.ts';
import type { ApiHandlers } from '../handlers.ts';
import { JsonApi } from './json-api.ts';
import { Pages } from './pages.ts';
import { HttpServer } from './server.ts';
import { SiteFolder } from './site.ts';

export interface HttpOptions {
  readonly basePath: string;
  /** Folder of the web app. */
  readonly ui: string;
  readonly handlers: ApiHandlers;
  readonly report: FaultReport;
  readonly gate: Gate;
  /** Null for plain text. */
  readonly certificates: CertificateFiles | null;
}

/** An HTTP server with the bounds that keep callers from taking all memory. */
export function openHttp({ basePath, ui, handlers, report, gate, certificates }: HttpOptions): HttpServer {
  const api = new JsonApi({
    handlers,
    report,
    gate,
    maxRequestBytes,
    maxTotalRequestBytes: 4 * maxRequestBytes,
    maxAnswerBytes: 256 * 1024 * 1024,
    maxStreams: 200,
    heartbeatMs: 15_000,
  });
  return new HttpServer({
    basePath,
    api,
    pages: new Pages(new SiteFolder(ui)),
    report,
    certificates,
    maxConnections: 1_000,
    idleMs: 60_000,
  });
}
