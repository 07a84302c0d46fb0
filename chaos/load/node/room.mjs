// Room for so many at a time, in the order in which they came.

import { before } from "./clock.mjs";
import { promised } from "./process.mjs";

export class Room {
  #free;
  #waiting = [];

  constructor(places) {
    this.#free = places;
  }

  /** Whether nobody who enters now has to wait. */
  get isFree() {
    return this.#free > 0;
  }

  /** Enter, once there is a place; false if there was none before this time, if one is given. */
  async enter(untilNs = null) {
    if (this.isFree) {
      this.#free -= 1;
      return true;
    }
    const turn = { ...promised(), isGivenUp: false };
    this.#waiting.push(turn);
    if (untilNs === null || (await before(untilNs, turn.promise))) return turn.promise;
    turn.isGivenUp = true;
    return false;
  }

  /** Leave the place to the next one. */
  leave() {
    const next = this.#waiting.find(({ isGivenUp }) => !isGivenUp);
    this.#waiting.splice(0, next === undefined ? this.#waiting.length : this.#waiting.indexOf(next) + 1);
    if (next === undefined) this.#free += 1;
    else next.resolve(true);
  }
}
