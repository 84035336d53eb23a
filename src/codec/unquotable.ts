/** A value that a format cannot hold, whatever the quotes. */
export class Unquotable extends Error {
  override readonly name = 'Unquotable';

  constructor(format: string, value: string) {
    super(`${format} cannot hold the value ${JSON.stringify(value.slice(0, 60))}`);
  }
}
