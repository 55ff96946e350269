import { isFields } from '../../core/fields.ts';

/** What stands at a path such as `spec.template`; undefined where nothing does. */
export function fieldAt(object: unknown, path: string): unknown {
  return path.split('.').reduce((value: unknown, name) => (isFields(value) ? value[name] : undefined), object);
}
