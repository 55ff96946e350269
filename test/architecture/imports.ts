import { posix } from 'node:path';
import ts from 'typescript';

/** One import of a source file, dynamic and type-only ones too. */
export interface Import {
  /** Path of the importing file from the root of the tree, with forward slashes. */
  readonly from: string;
  /** Path of the imported file, or the bare name of a package or Node.js module. */
  readonly to: string;
  readonly local: boolean;
}

/** The name of the package that a bare specifier is of: `@grpc/grpc-js` for `@grpc/grpc-js/build/x`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Every import in a tree. @param files source texts by path from the root */
export function importsOf(files: ReadonlyMap<string, string>): Import[] {
  return Array.from(files).flatMap(([from, text]) =>
    ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }): Import => {
      if (!fileName.startsWith('.')) return { from, to: packageOf(fileName), local: false };
      return { from, to: posix.join(posix.dirname(from), fileName), local: true };
    }),
  );
}

/** The first chain of files found that leads back to its start; null when there is none. */
export function cycleIn(imports: readonly Import[]): string[] | null {
  const next = new Map<string, string[]>();
  for (const { from, to, local } of imports) if (local) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    path.push(file);
    for (const target of next.get(file) ?? []) {
      const cycle = visit(target);
      if (cycle !== null) return cycle;
    }
    path.pop();
    done.add(file);
    return null;
  };
  for (const file of next.keys()) {
    const cycle = visit(file);
    if (cycle !== null) return cycle;
  }
  return null;
}
