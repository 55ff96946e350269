/** The API's spelling of the kinds that people type in lower case or short. */
const kinds: Readonly<Record<string, string>> = {
  deployment: 'Deployment',
  deploy: 'Deployment',
  statefulset: 'StatefulSet',
  sts: 'StatefulSet',
  daemonset: 'DaemonSet',
  ds: 'DaemonSet',
  cronjob: 'CronJob',
  cj: 'CronJob',
  job: 'Job',
  replicaset: 'ReplicaSet',
  rs: 'ReplicaSet',
  pod: 'Pod',
  po: 'Pod',
};

/** The kind that is meant; as it is written where it is none of the usual ones. */
export function workloadKind(text: string): string {
  const key = text.toLowerCase();
  return Object.hasOwn(kinds, key) ? (kinds[key] as string) : text;
}
