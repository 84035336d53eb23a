import { ReconcileError } from '../../model/errors.ts';

/** rathole's releases are a few MB; more is not rathole. */
export const MAX_PROGRAM_BYTES = 64 * 1024 * 1024;
const PATIENCE_MS = 120_000;

/**
 * Downloads a release file and takes the program out of it.
 *
 * @throws ReconcileError `failed` when it cannot be had, or holds no program
 */
export async function fetchRelease(url: string): Promise<Uint8Array> {
  const archive = await download(url);
  const { unzipSync } = await import('fflate');
  try {
    const files = unzipSync(archive, {
      filter: ({ name, originalSize }) => name === 'rathole' && originalSize <= MAX_PROGRAM_BYTES,
    });
    if (files['rathole'] !== undefined) return files['rathole'];
  } catch (error) {
    throw failure(url, 'it is not a whole zip file', error);
  }
  throw failure(url, 'it holds no file named rathole');
}

async function download(url: string): Promise<Uint8Array> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) throw new Error(`the answer was ${response.status} ${response.statusText}`);
    return await bounded(response);
  } catch (error) {
    throw failure(url, causeOf(error), error);
  }
}

async function bounded(response: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of response.body ?? []) {
    size += piece.byteLength;
    if (size > MAX_PROGRAM_BYTES) throw new Error(`it is larger than ${MAX_PROGRAM_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** `fetch` says only "fetch failed"; what failed is in the cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function failure(url: string, why: string, cause?: unknown): ReconcileError {
  return new ReconcileError(
    'failed',
    `the release ${url} could not be used: ${why}`,
    'check the version and the network, or give a program by path as rathole.binary',
    cause,
  );
}
