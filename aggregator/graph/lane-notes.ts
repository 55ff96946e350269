import type { Lane } from './lane.ts';

/** Stands in place of a number that is to be found out. */
export const unnoted = -2;

/** The largest number that there is room for: whoever has a larger one finds it out each time. */
const largest = 2 ** 31 - 1;

/** Notes a number, at least -1, if there is room for it. */
export function note(noted: Int32Array, place: number, number: number): void {
  if (number <= largest) noted[place] = number;
}

interface Noted {
  numbers: Int32Array;
  /** Of how many lanes there is a number, or `unnoted`. */
  length: number;
  round: number;
}

/** What somebody calls lanes by number, by their place in the lists that columns refer to. Lists are held weakly. */
export class LaneNotes {
  readonly #stands: (lane: Lane, number: number) => boolean;
  readonly #byList = new WeakMap<readonly Lane[], Noted>();
  #round = 0;

  /** @param stands whether a number is still the lane's; it is asked after `doubt` */
  constructor(stands: (lane: Lane, number: number) => boolean = () => true) {
    this.#stands = stands;
  }

  /** For each lane of a list its number, to be noted by the caller where it is `unnoted`. */
  of(among: readonly Lane[]): Int32Array {
    let noted = this.#byList.get(among);
    if (noted === undefined) {
      noted = { numbers: new Int32Array(0), length: 0, round: this.#round };
      this.#byList.set(among, noted);
    }
    if (noted.round !== this.#round) this.#renew(noted, among);
    if (noted.length < among.length) extend(noted, among.length);
    return noted.numbers;
  }

  #renew(noted: Noted, among: readonly Lane[]): void {
    const { numbers, length } = noted;
    for (let place = 0; place < length; place++) {
      if (!this.#stands(among[place] as Lane, numbers[place] as number)) numbers[place] = unnoted;
    }
    noted.round = this.#round;
  }

  /** Some numbers may be no longer what they were. */
  doubt(): void {
    this.#round++;
  }
}

function extend(noted: Noted, length: number): void {
  if (length > noted.numbers.length) {
    const numbers = new Int32Array(Math.max(length, Math.ceil(1.25 * noted.length)));
    numbers.set(noted.numbers);
    noted.numbers = numbers;
  }
  noted.numbers.fill(unnoted, noted.length, length);
  noted.length = length;
}
