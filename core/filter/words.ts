/** Words that stand for themselves only in quotes. */
const keywords = new Set(['and', 'or', 'not', 'in', 'notin']);

/** A value as it has to be written in a filter. */
export function quoteValue(value: string): string {
  if (/^[^\s"'(),=!~&|\\]+$/.test(value) && !keywords.has(value.toLowerCase())) return value;
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
