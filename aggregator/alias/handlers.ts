import type { Alias } from '../../core/alias.ts';
import { decodeAlias, encodeAlias } from '../../proto/convert-alias.ts';
import type { AliasHandlers } from '../../proto/services.ts';
import type { Aliases } from './aliases.ts';

/** What is answered to questions about aliases. */
export function aliasHandlers(aliases: Aliases): AliasHandlers {
  const encoded = (alias: Alias) => encodeAlias(alias, aliases.hasExpired(alias));
  return {
    listAliases: () => ({ aliases: aliases.list().map(encoded) }),
    setAlias: async (request) => ({ alias: encoded(await aliases.set(decodeAlias(request.alias))) }),
    removeAlias: async (request) => {
      await aliases.remove(request.name);
      return {};
    },
  };
}
