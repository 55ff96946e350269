import type { Alias } from '../../core/alias.ts';
import { decodeAlias, encodeAlias } from '../../proto/convert-alias.ts';
import type { AliasHandlers } from '../../proto/services.ts';
import type { UnaryWrapper } from '../api/unary.ts';
import { checkCluster } from '../query/question.ts';
import type { Aliases } from './aliases.ts';

export interface AliasParts {
  readonly cluster: string;
  readonly aliases: Aliases;
  readonly unary: UnaryWrapper;
}

/** The gRPC side of the aliases. */
export function aliasHandlers({ cluster, aliases, unary }: AliasParts): AliasHandlers {
  const encoded = (alias: Alias) => encodeAlias(alias, aliases.hasExpired(alias));
  return {
    listAliases: unary((request) => {
      checkCluster(request.cluster, cluster);
      return { aliases: aliases.list().map(encoded) };
    }),
    setAlias: unary(async (request) => {
      checkCluster(request.cluster, cluster);
      return { alias: encoded(await aliases.set(decodeAlias(request.alias))) };
    }),
    removeAlias: unary(async (request) => {
      checkCluster(request.cluster, cluster);
      await aliases.remove(request.name);
      return {};
    }),
  };
}
