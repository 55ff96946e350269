import { type Fields, isFields } from '../../core/fields.ts';
import { fieldAt } from './field-at.ts';
import type { NewObject } from './object-store.ts';

/** Containers mount volumes that there are, and each port has a name of its own. */
function podFaults(spec: Fields): string[] {
  const volumes = ((spec['volumes'] ?? []) as Fields[]).map(({ name }) => name);
  return ((spec['containers'] ?? []) as Fields[]).flatMap(({ name, volumeMounts = [], ports = [] }) => {
    const mounts = (volumeMounts as Fields[]).filter((mount) => !volumes.includes(mount['name']));
    const names = (ports as Fields[]).map((port) => port['name']).filter((each) => each !== undefined);
    const hostPorts = (ports as Fields[]).filter(
      ({ hostPort, containerPort }) =>
        spec['hostNetwork'] === true && hostPort !== containerPort && hostPort !== undefined,
    );
    return [
      ...mounts.map((mount) => `containers[${String(name)}].volumeMounts: Not found: "${String(mount['name'])}"`),
      ...(new Set(names).size === names.length ? [] : [`containers[${String(name)}].ports: Duplicate value`]),
      ...hostPorts.map(
        (port) => `containers[${String(name)}].ports: hostPort ${String(port['hostPort'])} must match containerPort`,
      ),
    ];
  });
}

/** Where the pods of a workload could never be, beside what the schema says, a sentence each. */
export function templateFaults(object: NewObject): string[] {
  const template = fieldAt(object, 'spec.template.spec');
  if (!isFields(template)) return [];
  const claims = ((fieldAt(object, 'spec.volumeClaimTemplates') ?? []) as NewObject[]).map(({ metadata }) => ({
    name: metadata.name,
  }));
  const volumes = [...((template['volumes'] ?? []) as Fields[]), ...claims];
  const wanted = (fieldAt(object, 'spec.selector.matchLabels') ?? {}) as Fields;
  const labels = (fieldAt(object, 'spec.template.metadata.labels') ?? {}) as Fields;
  const matches = Object.entries(wanted).every(([key, value]) => labels[key] === value);
  return [
    ...podFaults({ ...template, volumes }),
    ...(matches ? [] : ['spec.template.metadata.labels: `selector` does not match template `labels`']),
  ];
}
