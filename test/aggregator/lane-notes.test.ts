import t from 'tap';
import { type Lane, Lanes } from '../../aggregator/graph/lane.ts';
import { LaneNotes, note, unnoted } from '../../aggregator/graph/lane-notes.ts';

const lanes = new Lanes(100);

function lane(port: number): Lane {
  const end = (name: string) => ({ type: 'workload', namespace: 'shop', kind: 'Deployment', name }) as const;
  return lanes.of({ client: end('web'), server: end('api'), protocol: 'TCP', port }, 'client', null);
}

t.test('numbers are noted by place, also of lanes that a list gets later', async (t) => {
  const notes = new LaneNotes();
  const list = [lane(1), lane(2)];
  const first = notes.of(list);
  t.ok([0, 1].every((place) => first[place] === unnoted));
  [first[0], first[1]] = [10, 20];
  list.push(...Array.from({ length: 100 }, (_, i) => lane(3 + i)));
  const grown = notes.of(list);
  t.strictSame([grown[0], grown[1], grown[2], grown[101]], [10, 20, unnoted, unnoted]);
  t.equal(notes.of([lane(1)])[0], unnoted, 'another list has its own');
});

t.test('after a doubt those stay that still stand', async (t) => {
  const standing = new Map([[lane(1), 10]]);
  const notes = new LaneNotes((each, number) => standing.get(each) === number);
  const list = [lane(1), lane(2)];
  const noted = notes.of(list);
  [noted[0], noted[1]] = [10, 20];
  t.equal(notes.of(list)[1], 20, 'without a doubt nothing is asked');
  notes.doubt();
  t.strictSame([...notes.of(list)], [10, unnoted]);
});

t.test('a number that there is no room for is not noted, and no other in its place', async (t) => {
  const noted = new LaneNotes().of([lane(1), lane(2), lane(3)]);
  for (const [place, number] of [2 ** 31 - 1, 2 ** 31, 2 ** 32 + 7].entries()) note(noted, place, number);
  t.strictSame([...noted], [2 ** 31 - 1, unnoted, unnoted]);
});
