type Level = 'error' | 'warn' | 'info';

const RANK: Readonly<Record<string, number>> = { off: 0, error: 1, warn: 2, info: 3, debug: 4, trace: 5 };
const threshold = RANK[process.env['RUST_LOG'] ?? 'info'] ?? 3;

// A reader of the log that went away must not end the tunnel.
process.stdout.on('error', () => undefined);

/** Writes lines in the shape of rathole's log; `span` is what it was doing for whom, e.g. `connection{addr=…}`. */
export class Log {
  readonly #target: string;
  readonly #span: string;

  constructor(target: string, span = '') {
    this.#target = target;
    this.#span = span === '' ? '' : `${span}: `;
  }

  /** The same, one span deeper. */
  within(span: string): Log {
    return new Log(this.#target, `${this.#span.replace(/: $/, ':')}${span}`);
  }

  error(message: string): void {
    this.#write('error', message);
  }

  warn(message: string): void {
    this.#write('warn', message);
  }

  info(message: string): void {
    this.#write('info', message);
  }

  #write(level: Level, message: string): void {
    if ((RANK[level] ?? 0) > threshold) return;
    const time = new Date().toISOString().replace('Z', '000Z');
    process.stdout.write(
      `${time} ${level.toUpperCase().padStart(5)} ${this.#span}${this.#target}: ${message}\n`,
    );
  }
}
