import type { ServerService } from '../config.ts';
import { digest } from '../wire.ts';
import type { ServiceHandle } from './service-handle.ts';

const keyOf = (bytes: Buffer): string => bytes.toString('hex');

/** The services a server knows and the handles of those that a client has logged in for. */
export class Registry {
  readonly #services = new Map<string, ServerService>();
  readonly #handles = new Map<string, { handle: ServiceHandle; session: string }>();
  readonly #sessions = new Map<string, ServiceHandle>();
  #guests = 0;
  #abandoned = false;

  constructor(services: Iterable<ServerService>) {
    for (const service of services) this.#services.set(keyOf(digest(service.name)), service);
  }

  /** The service whose name has this digest. */
  service(nameDigest: Buffer): ServerService | undefined {
    return this.#services.get(keyOf(nameDigest));
  }

  session(key: Buffer): ServiceHandle | undefined {
    return this.#sessions.get(keyOf(key));
  }

  setService(service: ServerService): void {
    const nameDigest = digest(service.name);
    this.#services.set(keyOf(nameDigest), service);
    this.dropHandle(nameDigest);
  }

  deleteService(name: string): void {
    const nameDigest = digest(name);
    this.#services.delete(keyOf(nameDigest));
    this.dropHandle(nameDigest);
  }

  addHandle(nameDigest: Buffer, session: Buffer, handle: ServiceHandle): void {
    this.#handles.set(keyOf(nameDigest), { handle, session: keyOf(session) });
    this.#sessions.set(keyOf(session), handle);
  }

  /** Stops and forgets the service's handle; false when it had none. */
  dropHandle(nameDigest: Buffer): boolean {
    const entry = this.#handles.get(keyOf(nameDigest));
    if (entry === undefined) return false;
    this.#handles.delete(keyOf(nameDigest));
    this.#sessions.delete(entry.session);
    entry.handle.stop();
    return true;
  }

  /** Runs `work` on behalf of a connection; the registry outlives its server for as long as any such work goes on. */
  async host(work: () => Promise<void>): Promise<void> {
    this.#guests += 1;
    try {
      await work();
    } finally {
      this.#guests -= 1;
      this.#clearIfUnused();
    }
  }

  /** The server is gone. An idle connection that never said hello keeps all listeners of old, as it does in rathole. */
  abandon(): void {
    this.#abandoned = true;
    this.#clearIfUnused();
  }

  #clearIfUnused(): void {
    if (!this.#abandoned || this.#guests > 0) return;
    for (const { handle } of this.#handles.values()) handle.stop();
    this.#handles.clear();
    this.#sessions.clear();
  }
}
