import { chmodSync, chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PodSpec, Volume } from 'kubernetes-types/core/v1.js';
import type { KubeApi } from '../../lab/kube-api/server.ts';
import { requestToken } from '../../lab/kube-api/service-tokens.ts';
import { resourceOf } from '../../lab/kube-api/resources.ts';
import type { Mount } from './mount.ts';
import { dataOf } from './stored-data.ts';

type Files = Readonly<Record<string, string | Buffer>>;

export interface PodPlace {
  readonly api: KubeApi;
  readonly namespace: string;
  readonly pod: string;
  readonly spec: PodSpec;
  /** Where the volumes of this pod are made. */
  readonly folder: string;
  /** The folder of the node that stands for one of a hostPath. */
  readonly onNode: (path: string) => string;
}

/**
 * Replaces what a volume holds all at once, as the kubelet does: `name` leads to `..data/name`, and `..data` to a folder
 * that is never changed.
 */
function replaceFiles(folder: string, files: Files, mode: number, group: number): void {
  mkdirSync(folder, { recursive: true });
  const next = mkdtempSync(join(folder, '..of-'));
  chmodSync(next, 0o755);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(next, name), content);
    chownSync(join(next, name), 0, group);
    chmodSync(join(next, name), mode);
    rmSync(join(folder, name), { force: true });
    symlinkSync(join('..data', name), join(folder, name));
  }
  symlinkSync(next.slice(folder.length + 1), join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
}

/** What a pod may ask the API with. @throws Error when the API gives no token */
function tokenFor({ api, namespace, pod, spec }: PodPlace, audience: string | undefined, seconds = 3600): string {
  const resource = resourceOf('v1', 'ServiceAccount');
  if (resource === null) throw new Error('the server has no service accounts');
  const target = { resource, namespace, name: spec.serviceAccountName ?? 'default', subresource: 'token' };
  const answer = requestToken(api.store, api.accounts, target, {
    spec: {
      audiences: audience === undefined ? null : [audience],
      expirationSeconds: seconds,
      boundObjectRef: { kind: 'Pod', name: pod },
    },
  });
  if (!('status' in answer) || typeof answer.status === 'string') throw new Error(JSON.stringify(answer));
  return (answer.status as { token: string }).token;
}

interface Item {
  readonly key: string;
  readonly path: string;
}

/** Only the keys that are named, under the names that they are given. */
function chosen(data: Files, items: readonly Item[] | undefined): Files {
  if (items === undefined) return data;
  const found = items.map(({ key, path }) => {
    if (data[key] === undefined) throw new Error(`there is no key ${key}`);
    return [path, data[key]];
  });
  return Object.fromEntries(found);
}

function projected(place: PodPlace, volume: NonNullable<Volume['projected']>): Files {
  const parts = (volume.sources ?? []).map(({ serviceAccountToken, configMap, downwardAPI }): Files => {
    if (serviceAccountToken !== undefined) {
      const { path, audience, expirationSeconds } = serviceAccountToken;
      return { [path]: tokenFor(place, audience, expirationSeconds) };
    }
    if (configMap !== undefined)
      return chosen(dataOf(place.api, 'ConfigMap', `${place.namespace}/${configMap.name}`), configMap.items);
    if (downwardAPI !== undefined) return { namespace: place.namespace };
    throw new Error('such a source of a projected volume is not known here');
  });
  return Object.assign({}, ...parts) as Files;
}

/** A volume that outlives its pods; what its group owns it may write. */
function claimed(folder: string, group: number): string {
  chownSync(folder, 0, group);
  chmodSync(folder, 0o2775);
  return folder;
}

/** Makes a volume, or makes it anew. @returns the folder on this machine that is mounted for it */
export function makeVolume(place: PodPlace, volume: Volume): string {
  const folder = join(place.folder, volume.name);
  const group = place.spec.securityContext?.fsGroup ?? 0;
  const { configMap, secret, projected: sources, hostPath, persistentVolumeClaim: claim } = volume;
  if (hostPath !== undefined) return place.onNode(hostPath.path);
  if (claim !== undefined) return claimed(place.onNode(`/claims/${claim.claimName}`), group);
  if (configMap !== undefined) {
    const data = chosen(dataOf(place.api, 'ConfigMap', `${place.namespace}/${configMap.name}`), configMap.items);
    replaceFiles(folder, data, configMap.defaultMode ?? 0o644, group);
  } else if (secret !== undefined) {
    const data = chosen(dataOf(place.api, 'Secret', `${place.namespace}/${secret.secretName}`), secret.items);
    replaceFiles(folder, data, secret.defaultMode ?? 0o644, group);
  } else if (sources !== undefined) {
    replaceFiles(folder, projected(place, sources), sources.defaultMode ?? 0o644, group);
  } else throw new Error(`volume ${volume.name} is of a kind that is not known here`);
  return folder;
}

/** Makes the volumes of a pod, which stay when its container is started again. @returns where they are mounted */
export function mountsOf(place: PodPlace): readonly Mount[] {
  const { containers, volumes = [] } = place.spec;
  const folders = new Map(volumes.map((volume) => [volume.name, makeVolume(place, volume)]));
  return (containers[0]?.volumeMounts ?? []).map(({ name, mountPath, readOnly = false }): Mount => {
    const from = folders.get(name);
    if (from === undefined) throw new Error(`${place.pod}: there is no volume ${name}`);
    return { from, to: mountPath, readOnly };
  });
}

/** What the API server adds to a pod whose service account it is to speak with. */
export const accountVolume: Volume = {
  name: 'kube-api-access',
  projected: {
    defaultMode: 0o644,
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
  },
};

export const accountMount = {
  name: accountVolume.name,
  mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
  readOnly: true,
};
