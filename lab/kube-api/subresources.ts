import { evict } from './eviction.ts';
import { json } from './http.ts';
import type { ObjectStore } from './object-store.ts';
import { replicasIn, scaleOf } from './scale.ts';
import { failure, type Status } from './status.ts';
import type { Answer, WriteRequest, Writer } from './write.ts';

const answerOf = (status: Status): Answer => ({ code: status.code, body: status });

function notFound({ target }: Pick<WriteRequest, 'target'>): Answer {
  return answerOf(failure(404, `${target.resource.name} "${target.name}" not found`));
}

/** Takes what is asked of an object beside itself: `pods/eviction`, and `scale`. */
export function writeSubresource(store: ObjectStore, writer: Writer, request: WriteRequest): Answer {
  const { target, method, body } = request;
  const { resource, subresource } = target;
  const live = store.get(resource, `${target.namespace ?? ''}/${target.name}`);
  if (live === null) return notFound(request);
  if (resource.name === 'pods' && subresource === 'eviction' && method === 'POST') {
    const eviction = json(body) as { readonly deleteOptions?: { readonly gracePeriodSeconds?: number } } | undefined;
    if (eviction === undefined) return answerOf(failure(400, 'the body of the request could not be read'));
    const refused = evict(store, live, eviction.deleteOptions?.gracePeriodSeconds ?? null);
    if (refused !== null) return answerOf(refused);
    return { code: 201, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' } };
  }
  const scale = subresource === 'scale' ? scaleOf(live) : null;
  if (scale === null || !['PUT', 'PATCH'].includes(method)) {
    return answerOf(failure(404, `${resource.name}/${subresource}: no such subresource is served`));
  }
  const replicas = replicasIn(json(body));
  if (replicas === null)
    return answerOf(failure(422, 'Scale is invalid: spec.replicas: a number from 0 on is required'));
  const answer = writer.write({
    ...request,
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    target: { ...target, subresource: null },
    body: JSON.stringify({ spec: { replicas } }),
  });
  const after = store.get(resource, `${target.namespace ?? ''}/${target.name}`);
  return answer.code === 200 && after !== null ? { code: 200, body: scaleOf(after) ?? {} } : answer;
}
