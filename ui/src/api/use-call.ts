import { QueryClient, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { type ApiError, call } from './client.ts';
import type { ApiKey, Methods, RequestOf, ResponseOf } from './methods.ts';

/** Answers of ours that asking again cannot change. */
const final = new Set([400, 401, 403, 404, 405, 413, 501]);

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 3 && !final.has((error as ApiError).status),
    },
  },
});

interface TimeOf {
  readonly range?: unknown;
}

/** The question without its time: answers to the same at another moment may stand until the new one is there. */
function timeless(request: object): object {
  return { ...request, range: undefined };
}

export interface CallOptions {
  /** What it shows changes with traffic: it is asked anew when some came. */
  readonly traffic?: boolean;
  readonly enabled?: boolean;
}

/** The key of a question; those about traffic begin alike. */
export function keyOf(key: string, method: string, request: object, traffic: boolean): readonly unknown[] {
  const { range = null } = request as TimeOf;
  return [traffic ? 'traffic' : 'state', key, method, timeless(request), range];
}

/** What stands until a question is answered: the answer before, where that question differs in its time only. */
export function standInFor(queryKey: readonly unknown[]) {
  return <Answer>(before: Answer | undefined, query: { readonly queryKey: readonly unknown[] } | undefined) =>
    query !== undefined && sameButTime(query.queryKey, queryKey) ? before : undefined;
}

function sameButTime(a: readonly unknown[], b: readonly unknown[]): boolean {
  return JSON.stringify(a.slice(0, 4)) === JSON.stringify(b.slice(0, 4));
}

/** Asks one method of the API, and again when its question changes. */
export function useCall<Key extends ApiKey, Name extends keyof Methods[Key] & string>(
  key: Key,
  method: Name,
  request: Partial<RequestOf<Key, Name>>,
  { traffic = false, enabled = true }: CallOptions = {},
): UseQueryResult<ResponseOf<Key, Name>> {
  const queryKey = keyOf(key, method, request, traffic);
  return useQuery<ResponseOf<Key, Name>>({
    queryKey,
    queryFn: ({ signal }) => call(key, method, request, signal),
    enabled,
    placeholderData: standInFor(queryKey),
  });
}
