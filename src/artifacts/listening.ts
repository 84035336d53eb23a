/**
 * A shell function that sets `listening` to the listening sockets and who has them, or to why it cannot be told. `ss`
 * looks who has which socket before it lists them (iproute2's `user_ent_hash_build`), so one that was opened meanwhile
 * seems to be nobody's: then it is asked again. Those of the kernel stay nobody's.
 */
export const LOOK_WHO_LISTENS = `
look_who_listens() {
  for _ in 1 2; do
    listening=$(ss -H -l -t -u -n -p 2>&1) || return
    printf '%s\\n' "$listening" | grep -q -v 'users:' || return 0
  done
}
`;
