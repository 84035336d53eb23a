import { type RotationReport, VERDICTS, type Verdict } from '../model/rotation.ts';

/** The line of the host's program `SERVICE VERDICT RULE CURRENT NEXT FINALIZE_AT`; undefined when it is another. */
export function parseRotationReport(line: string): RotationReport | undefined {
  const [, service, verdict = '', rule, current, next, finalizeAt] =
    /^([a-z][a-z0-9_-]*) ([a-z]+) ([a-z-]+) (\d+) (\d+) (\d+)$/.exec(line) ?? [];
  if (service === undefined || rule === undefined || !isVerdict(verdict)) return undefined;
  return {
    service,
    verdict,
    rule,
    current: Number(current),
    next: Number(next),
    finalizeAt: Number(finalizeAt),
  };
}

const isVerdict = (word: string): word is Verdict => (VERDICTS as readonly string[]).includes(word);
