import { z } from 'zod';

/*
 * A kubeconfig file (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/). What it may say and would change
 * whom the client speaks to or as whom, and is not supported, is refused by name in kubeconfig.ts.
 */

const text = z.string().min(1).nullish();

const execConfig = z.object({
  apiVersion: z.string(),
  command: z.string().min(1),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  installHint: text,
  provideClusterInfo: z.boolean().nullish(),
  interactiveMode: z.string().nullish(),
});

export type ExecConfig = z.infer<typeof execConfig>;

const cluster = z.object({
  server: z.string().min(1),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'tls-server-name': text,
  'proxy-url': text,
});

export type ClusterEntry = z.infer<typeof cluster>;

const user = z.object({
  token: text,
  tokenFile: text,
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  exec: execConfig.nullish(),
  username: text,
  as: text,
  'auth-provider': z.object({ name: z.string() }).nullish(),
});

export type UserEntry = z.infer<typeof user>;

const context = z.object({ cluster: z.string(), user: z.string() });

export const kubeconfig = z.object({
  'current-context': z.string().nullish(),
  clusters: z.array(z.object({ name: z.string(), cluster })).nullish(),
  users: z.array(z.object({ name: z.string(), user: user.nullish() })).nullish(),
  contexts: z.array(z.object({ name: z.string(), context })).nullish(),
});

export type Kubeconfig = z.infer<typeof kubeconfig>;
