import { z } from 'zod';
import { parseCidr } from '../core/address.ts';
import { textAs, textLike } from '../config/values.ts';
import { readTiers, type Tier } from './graph/tiers.ts';

/** Where the state of a cluster is that is served besides the first. */
export interface AlsoCluster {
  readonly name: string;
  readonly from: 'kubeconfig' | 'files';
  /** File of the kubeconfig, or folder of the manifests. */
  readonly path: string;
  /** Of the kubeconfig; null for its current one. */
  readonly context: string | null;
}

function readAlsoCluster(text: string): AlsoCluster | null {
  const [, name, from, path] = /^([^=]+)=(kubeconfig|files):(.+)$/.exec(text) ?? [];
  if (name === undefined || path === undefined) return null;
  if (from === 'files') return { name, from, path, context: null };
  const [, file, context = null] = /^([^#]+)(?:#(.+))?$/.exec(path) ?? [];
  return file === undefined ? null : { name, from: 'kubeconfig', path: file, context };
}

export const alsoCluster = textAs(readAlsoCluster, 'give NAME=kubeconfig:FILE#CONTEXT or NAME=files:FOLDER');

export const block = textAs(parseCidr, 'give an address block such as 10.244.0.0/16');

export const tiers = z
  .string('give WIDTH=KEEP,... such as 15s=1h,1m=24h,1h=30d,1d=400d')
  .transform((text, context): readonly Tier[] => {
    const read = readTiers(text);
    if (read.type === 'tiers') return read.tiers;
    context.addIssue({ code: 'custom', message: read.problem });
    return z.NEVER;
  });

export const headerName = textLike(/^[\w-]+$/, 'give the name of a header');

export const serviceAccount = textLike(/^[^/]+\/[^/]+$/, 'give namespace/name of a service account');

const path = textLike(/^\/?$|^(\/[\w.~-]+)+\/?$/, 'give a path such as /weir, of letters, digits and . _ ~ -');

/** Without a slash at its end. */
export const basePath = path.transform((text) => text.replace(/\/$/, ''));

/** Whether the name of a database is a URL of a server, else it is a file. */
export function isDatabaseUrl(database: string): boolean {
  return /^postgres(ql)?:\/\//.test(database);
}

export function hasPassword(database: string): boolean {
  return isDatabaseUrl(database) && /^\w+:\/\/[^@/?]*:[^@/?]+@|[?&]password=/.test(database);
}

/** Why a database is not to be named so in a file that is no secret; null when it may. */
export function passwordInFile(database: unknown): string | null {
  if (typeof database !== 'string' || !hasPassword(database)) return null;
  return 'a password does not belong here; put it in a file and name that: database-password-file';
}
