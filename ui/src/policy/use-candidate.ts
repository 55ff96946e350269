import { useCall } from '../api/use-call.ts';
import { useEdges } from '../api/use-edges.ts';
import { useQuestion, useSubject } from '../app/use-scope.ts';
import { useView } from '../app/use-view.ts';
import { rowsOf } from '../tables/rows.ts';
import { generateRequest } from './request.ts';

/** The policy that the choices make of the scope's traffic, with its replay, and the rows where some were decided. @param enabled whether it is wanted */
export function useCandidate(enabled: boolean) {
  const { cluster, namespace, entity, choices } = useView();
  const { range, scope } = useQuestion();
  const subject = useSubject();
  // Decisions name rows by a hash; only the rows themselves say what they are.
  const hasRows = choices.rows.size > 0;
  const edges = useEdges({ cluster, scope, range, filter: '' }, enabled && hasRows);
  const rows =
    subject === null || !hasRows
      ? []
      : (['ingress', 'egress'] as const).flatMap((direction) => rowsOf(edges.data?.edges ?? [], direction, subject));
  const request = generateRequest({ cluster, namespace, entity, range }, choices, rows);
  const { data, error, isFetching } = useCall('policy', 'generate', request, {
    traffic: true,
    enabled: enabled && (!hasRows || edges.data !== undefined),
  });
  return { data, error, isFetching, rows };
}
