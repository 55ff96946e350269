import type * as wire from '../../proto/wire.ts';
import type { AccessReviews } from './access-reviews.ts';
import type { User } from './caller.ts';

/** What a caller is told where nobody is asked who they are. */
export const everything: wire.GetAccessResponse = {
  user: '',
  seesAll: true,
  listsAliases: true,
  updatesAliases: true,
  getsSettings: true,
  updatesSettings: true,
};

/** What a user may do in the whole cluster. @throws WeirError ACCESS_UNDECIDED */
export async function accessOf(user: User, reviews: AccessReviews): Promise<wire.GetAccessResponse> {
  const questions = [
    { verb: 'list', resource: 'flows' },
    { verb: 'list', resource: 'aliases' },
    { verb: 'update', resource: 'aliases' },
    { verb: 'get', resource: 'policysettings' },
    { verb: 'update', resource: 'policysettings' },
  ] as const;
  const [seesAll = false, listsAliases = false, updatesAliases = false, getsSettings = false, updatesSettings = false] =
    await Promise.all(questions.map((access) => reviews.allows(user, { ...access, namespace: '' })));
  return { user: user.name, seesAll, listsAliases, updatesAliases, getsSettings, updatesSettings };
}
