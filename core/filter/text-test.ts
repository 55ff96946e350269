import { globMatches, isGlob } from './glob.ts';
import type { Comparison } from './syntax.ts';

/** Whether a text is one of those that a term names. */
export type TextTest = (text: string) => boolean;

/**
 * With `equal` a value is a whole text or a pattern for one, and case counts. With `like` it may stand anywhere in the
 * text unless it is a pattern, and case does not count.
 */
export function textTest(comparison: Comparison, values: readonly string[]): TextTest {
  if (comparison === 'like') {
    const lower = values.map((value) => value.toLowerCase());
    const patterns = lower.map((value) => (isGlob(value) ? value : `*${value}*`));
    return (text) => patterns.some((pattern) => globMatches(pattern, text.toLowerCase()));
  }
  const exact = new Set(values.filter((value) => !isGlob(value)));
  const patterns = values.filter(isGlob);
  return (text) => exact.has(text) || patterns.some((pattern) => globMatches(pattern, text));
}
