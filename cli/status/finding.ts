/** Something that is not as it should be: a fault wants somebody to act, a note is to be known. */
export interface Finding {
  readonly severity: 'fault' | 'note';
  /** The nodes that it is about, sorted; empty where it is about none or all. */
  readonly nodes: readonly string[];
  readonly text: string;
}

/** A fault of one node, or of none. */
export function fault(text: string, node?: string): Finding {
  return { severity: 'fault', nodes: node === undefined ? [] : [node], text };
}

/** A note about one node, or about none. */
export function note(text: string, node?: string): Finding {
  return { ...fault(text, node), severity: 'note' };
}

/** Puts findings together that differ in their node only; faults come first, and else the order stays. */
export function together(findings: readonly Finding[]): Finding[] {
  const bySaying = new Map<string, Finding>();
  for (const finding of findings) {
    const saying = `${finding.severity} ${finding.text}`;
    const before = bySaying.get(saying)?.nodes ?? [];
    bySaying.set(saying, { ...finding, nodes: [...new Set([...before, ...finding.nodes])].toSorted() });
  }
  const all = [...bySaying.values()];
  return [...all.filter(({ severity }) => severity === 'fault'), ...all.filter(({ severity }) => severity === 'note')];
}

/** So many nodes are named, and the others counted. */
const maxNamed = 3;

/** A finding in one line: `n1, n2: cri fails: no answer`. */
export function findingText({ nodes, text }: Finding): string {
  const more = nodes.length - maxNamed;
  const named = nodes.slice(0, maxNamed).join(', ');
  return nodes.length === 0 ? text : `${named}${more > 0 ? ` and ${more} more` : ''}: ${text}`;
}
