import { FINALIZE_TIMER, FOLD_TIMER, NGINX_UNIT, SERVER_TOML, SERVER_UNIT } from '../../artifacts/paths.ts';
import { whyIgnored } from '../../codec/ignored-server-toml.ts';
import type { Attention, AttentionRule } from '../../model/status.ts';
import { pendingRefusals, serverTomlRefusals } from '../found-services.ts';
import type { View } from '../view.ts';

type Finding = readonly [rule: AttentionRule, message: string];

/** What to look at on the host itself. */
export function hostAttention(view: View, host: string): readonly Attention[] {
  const subject = { kind: 'host', name: host } as const;
  return [...unitFindings(view), ...serverTomlFindings(view), ...pendingFindings(view)].map(
    ([rule, message]) => ({ rule, subject, message }),
  );
}

/** A host that nothing was applied to has no timers to miss. */
function unitFindings(view: View): readonly Finding[] {
  const timers = isEnrolled(view) ? [FINALIZE_TIMER, FOLD_TIMER] : [];
  return [SERVER_UNIT, NGINX_UNIT, ...timers].flatMap((name): readonly Finding[] => {
    const unit = view.units[name];
    return [
      ...(unit?.active === 'active' ? [] : [['not-running', `${name} does not run`] as const]),
      ...(unit === undefined || unit.enabled === 'enabled'
        ? []
        : [
            [
              'not-enabled',
              `${name} does not start with the host: it is ${unit.enabled || unit.load}`,
            ] as const,
          ]),
    ];
  });
}

function serverTomlFindings(view: View): readonly Finding[] {
  const found = view.files[SERVER_TOML];
  if (found === undefined) {
    return isEnrolled(view) ? [['server-toml-ignored', `${SERVER_TOML} is missing`]] : [];
  }
  const [refusal] = serverTomlRefusals(view);
  if (refusal !== undefined) return [['server-toml-ignored', refusal.message]];
  const why = whyIgnored(found.text ?? '');
  return why === undefined ? [] : [['server-toml-ignored', `rathole ignores ${SERVER_TOML}: ${why}`]];
}

function pendingFindings(view: View): readonly Finding[] {
  return pendingRefusals(view).map(({ message }) => ['pending-invalid', message] as const);
}

const isEnrolled = ({ rotations }: View) => Object.keys(rotations).length > 0;
