import {
  CallCredentials,
  type ChannelCredentials,
  credentials,
  experimental,
  Metadata,
  type ServerCredentials,
} from '@grpc/grpc-js';
import { messageOf } from '../core/errors.ts';
import type { CertificateFiles } from './certificate-files.ts';

/** Hands the current certificates to grpc-js, and each that follows; new handshakes use what was handed last. */
class Provider implements experimental.CertificateProvider {
  readonly #files: CertificateFiles;
  readonly #ends = new Map<object, () => void>();

  constructor(files: CertificateFiles) {
    this.#files = files;
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#follow(listener, () => {
      const { ca } = this.#files.current;
      listener(ca === null ? null : { caCertificate: ca });
    });
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#follow(listener, () => {
      const { cert, key } = this.#files.current;
      listener(cert === null || key === null ? null : { certificate: cert, privateKey: key });
    });
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#unfollow(listener);
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#unfollow(listener);
  }

  #follow(listener: object, tell: () => void): void {
    this.#ends.set(listener, this.#files.onChange(tell));
    // A listener is not ready for it before it has been added.
    process.nextTick(tell);
  }

  #unfollow(listener: object): void {
    this.#ends.get(listener)?.();
    this.#ends.delete(listener);
  }
}

/**
 * What a server proves itself with. With an authority, clients are asked for a certificate of it; whether they must
 * have one is for the handlers to say, to whom one that the authority does not vouch for is none.
 */
export function serverCredentials(files: CertificateFiles): ServerCredentials {
  const provider = new Provider(files);
  const authority = files.current.ca === null ? null : provider;
  // Its parameters are named the other way round, and are this side's certificate and then the authority.
  return experimental.createCertificateProviderServerCredentials(provider, authority, false);
}

/** What a client checks a server by, and proves itself with. @param token read for every call; null for none */
export function channelCredentials(
  files: CertificateFiles | null,
  token: (() => Promise<string | null>) | null,
): ChannelCredentials {
  const channel = files === null || files.current.ca === null ? credentials.createSsl() : ofFiles(files);
  return token === null ? channel : channel.compose(bearer(token));
}

function ofFiles(files: CertificateFiles): ChannelCredentials {
  const provider = new Provider(files);
  const identity = files.current.cert === null ? null : provider;
  return experimental.createCertificateProviderChannelCredentials(provider, identity);
}

/** grpc-js sends these over TLS only. */
function bearer(token: () => Promise<string | null>): CallCredentials {
  return CallCredentials.createFromMetadataGenerator((_options, callback) => {
    token().then(
      (value) => {
        const metadata = new Metadata();
        if (value !== null) metadata.set('authorization', `Bearer ${value}`);
        callback(null, metadata);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(messageOf(error))),
    );
  });
}
