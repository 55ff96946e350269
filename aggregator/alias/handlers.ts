import type { Alias } from '../../core/alias.ts';
import { decodeAlias, encodeAlias } from '../../proto/convert-alias.ts';
import type { AliasHandlers } from '../../proto/services.ts';
import { checkCluster } from '../query/question.ts';
import type { Aliases } from './aliases.ts';

export interface AliasParts {
  readonly cluster: string;
  readonly aliases: Aliases;
}

/** What is answered to questions about aliases. */
export function aliasHandlers({ cluster, aliases }: AliasParts): AliasHandlers {
  const encoded = (alias: Alias) => encodeAlias(alias, aliases.hasExpired(alias));
  return {
    listAliases: (request) => {
      checkCluster(request.cluster, cluster);
      return { aliases: aliases.list().map(encoded) };
    },
    setAlias: async (request) => {
      checkCluster(request.cluster, cluster);
      return { alias: encoded(await aliases.set(decodeAlias(request.alias))) };
    },
    removeAlias: async (request) => {
      checkCluster(request.cluster, cluster);
      await aliases.remove(request.name);
      return {};
    },
  };
}
