import { readFileSync } from 'node:fs';
import { wrap } from 'node:module';
import { constants, Script } from 'node:vm';

const BUNDLE = `${__dirname}/main.cjs`;
/** What V8 made of the bundle when it was built. Another V8 ignores it. */
export const CACHE = `${__dirname}/main.cache`;

/** The bundled command line. To parse it anew at each start would take as long as Node itself does to start. */
export function bundled(): { readonly script: Script; readonly run: () => void } {
  // The bundle is ASCII.
  const script = new Script(wrap(readFileSync(BUNDLE, 'latin1')), {
    filename: BUNDLE,
    cachedData: cached(),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  return { script, run: () => script.runInThisContext()(exports, require, module, BUNDLE, __dirname) };
}

function cached(): Buffer | undefined {
  try {
    return readFileSync(CACHE);
  } catch {
    return undefined;
  }
}
