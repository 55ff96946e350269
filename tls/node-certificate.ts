/** The name under which a certificate speaks for a node of a cluster: a URI among its subject alternative names. */
export function nodeUri(cluster: string, node: string): string {
  return `weir://${encodeURIComponent(cluster)}/node/${encodeURIComponent(node)}`;
}

const uri = /^weir:\/\/([^/]+)\/node\/([^/]+)$/;

/** Node.js writes a value that could be taken for several names in quotes, as JSON. */
const alternativeName = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/y;

/** The nodes of a cluster that a certificate speaks for. @param names its subjectaltname as Node.js gives it */
export function nodesOf(names: string, cluster: string): string[] {
  const nodes: string[] = [];
  alternativeName.lastIndex = 0;
  for (;;) {
    const at = alternativeName.lastIndex;
    const [, type, value = ''] = alternativeName.exec(names) ?? [];
    if (type === undefined || alternativeName.lastIndex === at) return nodes;
    const [, ofCluster, node] = type === 'URI' ? (uri.exec(value) ?? []) : [];
    if (node !== undefined && ofCluster === encodeURIComponent(cluster)) nodes.push(decoded(node));
  }
}

function decoded(node: string): string {
  try {
    return decodeURIComponent(node);
  } catch {
    return node;
  }
}
