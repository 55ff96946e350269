import { type ApiResource, groupVersionOf } from './resources.ts';

function pathOf(resource: ApiResource): string {
  const base = resource.group === '' ? `/api/${resource.version}` : `/apis/${groupVersionOf(resource)}`;
  return `${base}${resource.namespaced ? '/namespaces/{namespace}' : ''}/${resource.name}/{name}`;
}

/**
 * What an OpenAPI path answers: which kinds can be changed, and that the server itself checks their fields, which is
 * what kubectl and helm ask it for. Null for any other path.
 */
export function describe(pathname: string, resources: readonly ApiResource[]): object | null {
  const baseOf = ({ group, version }: ApiResource) => (group === '' ? `api/${version}` : `apis/${group}/${version}`);
  if (pathname === '/openapi/v3') {
    const bases = [...new Set(resources.map(baseOf))];
    return { paths: Object.fromEntries(bases.map((base) => [base, { serverRelativeURL: `/openapi/v3/${base}` }])) };
  }
  const within = resources.filter((each) => pathname === `/openapi/v3/${baseOf(each)}`);
  if (within.length === 0) return null;
  const paths = within.map((resource) => {
    const { group, version, kind } = resource;
    const parameters = ['fieldManager', 'fieldValidation', 'dryRun', 'force'].map((name) => ({
      name,
      in: 'query',
      schema: { type: 'string', uniqueItems: true },
    }));
    const responses = { 200: { description: 'OK' } };
    const patch = { 'x-kubernetes-action': 'patch', 'x-kubernetes-group-version-kind': { group, version, kind } };
    return [pathOf(resource), { patch: { ...patch, parameters, responses } }];
  });
  const info = { title: 'Kubernetes', version: 'v1.33.0' };
  return { openapi: '3.0.0', info, paths: Object.fromEntries(paths), components: { schemas: {} } };
}
