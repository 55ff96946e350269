import type { Lane } from './lane.ts';

interface Noted {
  values: Float64Array;
  /** Of how many lanes there are values, though it be NaN. */
  length: number;
  round: number;
}

/** What somebody calls lanes by number, by their place in the lists that columns refer to. Lists are held weakly. */
export class LaneNotes {
  readonly #stands: (lane: Lane, value: number) => boolean;
  readonly #byList = new WeakMap<readonly Lane[], Noted>();
  #round = 0;

  /** @param stands whether a number is still the lane's; it is asked after `doubt` */
  constructor(stands: (lane: Lane, value: number) => boolean = () => true) {
    this.#stands = stands;
  }

  /** For each lane of a list its number, to be filled in by the caller where it is NaN. */
  of(among: readonly Lane[]): Float64Array {
    let noted = this.#byList.get(among);
    if (noted === undefined) {
      noted = { values: new Float64Array(0), length: 0, round: this.#round };
      this.#byList.set(among, noted);
    }
    if (noted.round !== this.#round) this.#renew(noted, among);
    if (noted.length < among.length) extend(noted, among.length);
    return noted.values;
  }

  #renew(noted: Noted, among: readonly Lane[]): void {
    const { values, length } = noted;
    for (let place = 0; place < length; place++) {
      if (!this.#stands(among[place] as Lane, values[place] as number)) values[place] = NaN;
    }
    noted.round = this.#round;
  }

  /** Some numbers may be no longer what they were. */
  doubt(): void {
    this.#round++;
  }
}

function extend(noted: Noted, length: number): void {
  if (length > noted.values.length) {
    const values = new Float64Array(Math.max(length, Math.ceil(1.25 * noted.length)));
    values.set(noted.values);
    noted.values = values;
  }
  noted.values.fill(NaN, noted.length, length);
  noted.length = length;
}
