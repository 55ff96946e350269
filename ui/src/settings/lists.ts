/** The words of a text that people typed, separated by spaces, commas or lines; each once. */
export function wordsOf(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}
