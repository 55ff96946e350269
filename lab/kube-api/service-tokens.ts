import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Accounts, groupsOf } from './accounts.ts';
import type { ObjectStore } from './object-store.ts';
import type { Target } from './request.ts';
import { resourceOf } from './resources.ts';
import { failure, type Status } from './status.ts';

const tokenRequest = z.object({
  spec: z.object({
    audiences: z.array(z.string()).nullish(),
    expirationSeconds: z.number().int().min(600).nullish(),
    boundObjectRef: z.object({ kind: z.literal('Pod'), name: z.string() }).nullish(),
  }),
});

function base64(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** Answers a TokenRequest: a token of a service account, which this server then knows. Its signature is a random one. */
export function requestToken(store: ObjectStore, accounts: Accounts, target: Target, body: unknown): object | Status {
  const { namespace, name, resource } = target;
  const account = store.get(resource, `${namespace}/${name}`);
  if (account === null) return failure(404, `serviceaccounts "${name}" not found`);
  const read = tokenRequest.safeParse(body);
  if (!read.success) return failure(422, 'TokenRequest is invalid');
  const { audiences, expirationSeconds, boundObjectRef } = read.data.spec;
  const pods = resourceOf('v1', 'Pod');
  const pod = boundObjectRef && pods !== null ? store.get(pods, `${namespace}/${boundObjectRef.name}`) : null;
  if (boundObjectRef && pod === null) return failure(404, `pods "${boundObjectRef.name}" not found`);
  const validUntilMs = Date.now() + (expirationSeconds ?? 3600) * 1000;
  const username = `system:serviceaccount:${namespace}:${name}`;
  const claims = { sub: username, aud: audiences ?? [], exp: Math.floor(validUntilMs / 1000), jti: randomUUID() };
  const token = [base64({ alg: 'none' }), base64(claims), Buffer.from(randomUUID()).toString('base64url')].join('.');
  const node = (pod?.['spec'] as { readonly nodeName?: string } | undefined)?.nodeName;
  accounts.tokens.set(token, {
    username,
    uid: account.metadata.uid,
    groups: groupsOf(username),
    audience: audiences?.[0] ?? null,
    validUntilMs,
    ...(pod === null ? {} : { pod: `${namespace}/${pod.metadata.name}` }),
    ...(node === undefined ? {} : { extra: { 'authentication.kubernetes.io/node-name': [node] } }),
  });
  const expirationTimestamp = new Date(validUntilMs).toISOString().replace(/\.\d+/, '');
  return { ...(body as object), status: { token, expirationTimestamp } };
}
