/** A system as the explorer sees it: where it starts, what can happen next, and what must never be. */
export interface Model<State> {
  readonly start: State;
  /** Equal texts for states that are equal for the model, or differ by a symmetry of its moves and invariants. */
  readonly encode: (state: State) => string;
  readonly moves: (state: State) => readonly Move<State>[];
  /** The broken invariant, or undefined. */
  readonly broken: (state: State) => string | undefined;
  /** Where everything must be able to come to rest. */
  readonly atRest: (state: State) => boolean;
}

export interface Move<State> {
  /** What happens, as a sentence of the counterexample's story. */
  readonly story: string;
  readonly to: State;
  /** Whether it happens by itself when everybody is up: no person, no fault, no foreign program. */
  readonly helpful: boolean;
  /** The broken invariant, where it is the move itself that breaks it. */
  readonly broken?: string | undefined;
}

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly seconds: number;
  /** Undefined: every reachable state keeps every invariant and can come to rest. */
  readonly violation: Violation | undefined;
}

interface Violation {
  readonly broken: string;
  /** The shortest way there, one sentence per move. */
  readonly story: readonly string[];
}

const STUCK = 'from here nothing that happens by itself leads to rest';

/**
 * Visits every reachable state breadth first, without any reduction but the model's symmetries, so the first violation
 * is a shortest one. Then walks the helpful moves backwards from the states at rest: a state that is not met can't come
 * to rest.
 * Throws when there are more than `limit` states.
 */
export function explore<State>(model: Model<State>, limit = 4_000_000): Exploration {
  const begun = performance.now();
  const search = new Search(model, limit);
  const found = search.run();
  const stuck = found === undefined ? search.firstStuck() : undefined;
  const seconds = (performance.now() - begun) / 1000;
  const violation =
    found ?? (stuck === undefined ? undefined : { broken: STUCK, story: search.storyTo(stuck) });
  return { states: search.states, transitions: search.transitions, depth: search.depth, seconds, violation };
}

class Search<State> {
  readonly #model: Model<State>;
  readonly #limit: number;
  readonly #ids = new Map<string, number>();
  readonly #parents = new Numbers();
  readonly #restful: number[] = [];
  readonly #from = new Numbers();
  readonly #to = new Numbers();
  #frontier: { readonly state: State; readonly id: number }[] = [];
  #next: { readonly state: State; readonly id: number }[] = [];
  transitions = 0;
  depth = 0;

  constructor(model: Model<State>, limit: number) {
    this.#model = model;
    this.#limit = limit;
  }

  get states(): number {
    return this.#ids.size;
  }

  run(): Violation | undefined {
    this.#visit(this.#model.start, -1);
    for (;;) {
      this.#frontier = this.#next;
      this.#next = [];
      if (this.#frontier.length === 0) return undefined;
      for (const { state, id } of this.#frontier) {
        const violation = this.#expand(state, id);
        if (violation !== undefined) return violation;
      }
      this.depth += this.#next.length > 0 ? 1 : 0;
    }
  }

  #expand(state: State, id: number): Violation | undefined {
    const broken = this.#model.broken(state);
    if (broken !== undefined) return { broken, story: this.storyTo(id) };
    for (const move of this.#model.moves(state)) {
      if (move.broken !== undefined) return { broken: move.broken, story: [...this.storyTo(id), move.story] };
      this.transitions++;
      const to = this.#visit(move.to, id);
      if (move.helpful && to !== id) {
        this.#from.push(id);
        this.#to.push(to);
      }
    }
    return undefined;
  }

  #visit(state: State, parent: number): number {
    const key = this.#model.encode(state);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#ids.size;
    if (id >= this.#limit) throw new Error(`more than ${this.#limit} states`);
    this.#ids.set(key, id);
    this.#parents.push(parent);
    if (this.#model.atRest(state)) this.#restful.push(id);
    this.#next.push({ state, id });
    return id;
  }

  firstStuck(): number | undefined {
    const incoming = groupBySecond(this.#from, this.#to, this.states);
    const live = new Uint8Array(this.states);
    const queue = [...this.#restful];
    for (const id of queue) live[id] = 1;
    for (let id = queue.pop(); id !== undefined; id = queue.pop())
      for (const from of incoming(id))
        if (live[from] === 0) {
          live[from] = 1;
          queue.push(from);
        }
    const stuck = live.indexOf(0);
    return stuck < 0 ? undefined : stuck;
  }

  /** Replays the moves from the start: states are kept as hashes only. */
  storyTo(id: number): string[] {
    const path: number[] = [];
    for (let at = id; at > 0; at = this.#parents.at(at)) path.unshift(at);
    let state = this.#model.start;
    return path.map((target) => {
      const move = this.#model
        .moves(state)
        .find(({ to }) => this.#ids.get(this.#model.encode(to)) === target);
      if (move === undefined) throw new Error('the model is not deterministic');
      state = move.to;
      return move.story;
    });
  }
}

/** A growing array of small integers without the memory of a JavaScript array. */
class Numbers {
  #values = new Int32Array(1 << 16);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Int32Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  at(index: number): number {
    return this.#values[index] ?? -1;
  }
}

/** An index of edges by their second end. */
function groupBySecond(from: Numbers, to: Numbers, size: number): (id: number) => Int32Array {
  const starts = new Int32Array(size + 1);
  for (let edge = 0; edge < to.length; edge++) starts[to.at(edge) + 1] = (starts[to.at(edge) + 1] ?? 0) + 1;
  for (let id = 0; id < size; id++) starts[id + 1] = (starts[id + 1] ?? 0) + (starts[id] ?? 0);
  const fill = starts.slice();
  const grouped = new Int32Array(from.length);
  for (let edge = 0; edge < to.length; edge++) {
    const slot = fill[to.at(edge)] ?? 0;
    fill[to.at(edge)] = slot + 1;
    grouped[slot] = from.at(edge);
  }
  return (id) => grouped.subarray(starts[id], starts[id + 1]);
}
