/** How the server is known and the client proves itself, in PEM. */
export interface Tls {
  /** Null trusts the certificate authorities of the system. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  /** The name that the server's certificate must bear; null for the one in the address. */
  readonly serverName: string | null;
  /** Whether the server's certificate is checked at all. */
  readonly verify: boolean;
}

export interface Credentials {
  /** Bearer token; null for none. */
  readonly token: string | null;
  readonly tls: Tls;
}

/** Where the Kubernetes API is, and what it takes to be let in. */
export interface ApiAccess {
  /** For people: the address and where it comes from. */
  readonly description: string;
  readonly server: URL;
  /** As they are now: tokens are replaced while a process runs. @throws WeirError KUBE_ACCESS */
  credentials(): Promise<Credentials>;
  /** To be told when the server did not accept them, so that the next ones are new. */
  rejected(): void;
}
