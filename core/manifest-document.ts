import { type Document, isMap, isScalar, LineCounter, parseAllDocuments, visit } from 'yaml';
import { messageOf } from './errors.ts';
import { type Fields, isFields } from './fields.ts';

/** Keys and indexes from the root of a document to a value in it. */
export type Path = readonly (string | number)[];

/** One object of a YAML stream, or the reason why it is none. Lines count from 1 over the whole stream. */
export type ManifestDocument =
  | {
      readonly fields: Fields;
      /** The line of a value; of its nearest parent that is there where the value itself is missing. */
      lineOf(path: Path): number;
      /** The line on which such a value ends. */
      lastLineOf(path: Path): number;
    }
  | { readonly line: number; readonly message: string };

interface Extent {
  readonly start: number;
  /** Behind the value. */
  readonly end: number;
}

function extentOf(document: Document.Parsed, path: Path): Extent {
  for (let length = path.length; length > 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const range = isFields(node) ? node['range'] : undefined;
    if (Array.isArray(range) && typeof range[0] === 'number' && typeof range[1] === 'number') {
      return { start: range[0], end: range[1] };
    }
  }
  const [start, end] = document.contents?.range ?? document.range;
  return { start, end };
}

/** The parser can look for these itself, but takes time in the square of a mapping's length. */
function duplicateKey(document: Document.Parsed): { readonly offset: number; readonly key: string } | null {
  let found: { readonly offset: number; readonly key: string } | null = null;
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          found = { offset: key.range?.[0] ?? 0, key: String(key.value) };
          return visit.BREAK;
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return found;
}

/** The last character of a value that is no white space: the end of a block may be behind empty lines. */
function lastOffset(text: string, { start, end }: Extent): number {
  let last = end - 1;
  while (last > start && /\s/.test(text.charAt(last))) last--;
  return last;
}

function readDocument(
  text: string,
  document: Document.Parsed,
  counter: LineCounter,
  wanted: string,
): ManifestDocument | null {
  const at = (offset: number) => counter.linePos(offset).line;
  const broken = document.errors[0];
  if (broken !== undefined) {
    return { line: at(broken.pos[0]), message: broken.message };
  }
  const twice = duplicateKey(document);
  if (twice !== null) return { line: at(twice.offset), message: `"${twice.key}" is given twice` };
  if (!isMap(document.contents)) {
    const value: unknown = document.contents === null ? null : document.toJS();
    return value === null ? null : { line: at(extentOf(document, []).start), message: `not ${wanted}` };
  }
  try {
    const fields: unknown = document.toJS();
    if (isFields(fields)) {
      const lineOf = (path: Path) => at(extentOf(document, path).start);
      const lastLineOf = (path: Path) => at(lastOffset(text, extentOf(document, path)));
      return { fields, lineOf, lastLineOf };
    }
    return { line: at(extentOf(document, []).start), message: `not ${wanted}` };
  } catch (error) {
    // Aliases that would unfold to far more than was written, or that name no anchor.
    return { line: at(extentOf(document, []).start), message: messageOf(error) };
  }
}

/**
 * Reads a YAML stream, of which JSON is a kind. Empty documents are left out. Never throws for bad input.
 * @param wanted what each document should be, for people
 */
export function readDocuments(text: string, wanted = 'a Kubernetes object'): ManifestDocument[] {
  const counter = new LineCounter();
  try {
    const options = { lineCounter: counter, uniqueKeys: false, merge: true, prettyErrors: false };
    const documents = parseAllDocuments(text, options);
    return [...documents].flatMap((document) => readDocument(text, document, counter, wanted) ?? []);
  } catch (error) {
    // The parser descends once for each level: text that is nested deeper than the stack ends here.
    if (error instanceof RangeError) return [{ line: 1, message: 'nested too deeply' }];
    throw error;
  }
}
