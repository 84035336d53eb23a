import type { ObservedUsers } from '../model/observed.ts';
import { type Fact, tagged } from './fact.ts';

export const users: Fact<ObservedUsers> = {
  // `nginx_user` comes from the nginx fact; it is empty without nginx.
  shell: `
  getent passwd rathole >/dev/null
  case $? in
    0) printf 'rathole yes\\n' ;;
    2) printf 'rathole no\\n' ;;
    *) unreadable 'getent cannot look up users'; return ;;
  esac
  [ -z "$nginx_user" ] || printf 'nginx %s\\n' "$nginx_user"`,
  parse: (lines) => {
    const said = new Map(tagged(lines));
    const [user, group = user] = said.get('nginx')?.split(' ') ?? [];
    return {
      rathole: said.get('rathole') === 'yes',
      ...(user === undefined || group === undefined ? {} : { nginx: { user, group } }),
    };
  },
};
