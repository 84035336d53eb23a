/**
 * A value that must never be seen: it prints as `[secret]` wherever it is interpolated, logged, inspected or
 * serialised. `reveal()` is for the adapters that hand it to its one owner (a bundle, an import).
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}
