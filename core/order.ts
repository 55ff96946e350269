/** Orders texts by code unit: the same everywhere, whatever the locale. For `sort`. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
