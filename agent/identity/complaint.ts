import { ZodError } from 'zod';
import { messageOf } from '../../core/errors.ts';

/** What is wrong with something that came from outside, in one line: where, and what. */
export function complaintOf(thrown: unknown): string {
  if (!(thrown instanceof ZodError)) return messageOf(thrown).split('\n')[0] ?? '';
  const [issue] = thrown.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  return `${where}${issue?.message ?? 'it has another form'}`;
}
