import { posix } from 'node:path';
import ts from 'typescript';

/** One import of a source file, dynamic and type-only ones too. */
export interface Import {
  /** Path of the importing file from the root of the tree, with forward slashes. */
  readonly from: string;
  /** Path of the imported file, or the bare name of a package or Node.js module. */
  readonly to: string;
  readonly local: boolean;
  /** Whether nothing is left of it when the types are gone. */
  readonly typeOnly: boolean;
}

/** The name of the package that a bare specifier is of: `@grpc/grpc-js` for `@grpc/grpc-js/build/x`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The files whose types alone a text imports. */
function typeOnlyImports(path: string, text: string): ReadonlySet<string> {
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const { statements } = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false, kind);
  const named = new Map<string, boolean>();
  for (const statement of statements) {
    const isImport = ts.isImportDeclaration(statement);
    if (!isImport && !ts.isExportDeclaration(statement)) continue;
    if (statement.moduleSpecifier === undefined || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const file = statement.moduleSpecifier.text;
    const typeOnly = isImport ? statement.importClause?.isTypeOnly === true : statement.isTypeOnly;
    named.set(file, typeOnly && (named.get(file) ?? true));
  }
  return new Set([...named].filter(([, typeOnly]) => typeOnly).map(([file]) => file));
}

/** Every import in a tree. @param files source texts by path from the root */
export function importsOf(files: ReadonlyMap<string, string>): Import[] {
  return Array.from(files).flatMap(([from, text]) => {
    const types = typeOnlyImports(from, text);
    return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }): Import => {
      const typeOnly = types.has(fileName);
      if (!fileName.startsWith('.')) return { from, to: packageOf(fileName), local: false, typeOnly };
      return { from, to: posix.join(posix.dirname(from), fileName), local: true, typeOnly };
    });
  });
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
