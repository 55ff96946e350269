import t from 'tap';
import { lossText } from '../../cli/stages.ts';

t.test('a loss is told in words, and at a stage that is not known by its name alone', async (t) => {
  t.equal(
    lossText({ stage: 'identity', events: 1 }),
    '1 event lost at identity: the pod behind an interface could not be named in time',
  );
  t.equal(lossText({ stage: 'of-a-later-version', events: 3 }), '3 events lost at of-a-later-version');
  t.equal(lossText({ stage: 'toString', events: 3 }), '3 events lost at toString');
});
