/** One poll: ask, check, and let the new files take the old ones' places, sync.conf last. */
export const poll = String.raw`
# put FILE MODE: .FILE.new takes FILE's place at once and for good
put() {
  { chmod "$2" ".$1.new" && sync ".$1.new" && mv -f ".$1.new" "$1" && sync .; } 2>/dev/null ||
    cannot_write "$1"
}

# Whether client.toml is the one that sync.conf names: otherwise "not modified" would leave it as it is.
in_step() { whole client.toml && [ "$sum" = "$wanted" ]; }

fetch_from() {
  fetch "$1/api/v1/$2" ".$2.new" "$3" ||
    die 6 "cannot write $2: is the disk full or read-only, or the answer over 16 MiB?"
}

# Asks the server that sync.conf names; while that is new and does not answer, the one that named it.
fetch_settings() {
  read_settings sync.conf
  in_step || known=''
  asked=$server
  fetch_from "$asked" sync.conf "$known"
  if [ -n "$former" ] && [ "$former" != "$asked" ] && [ "$code" != 304 ] && ! whole .sync.conf.new; then
    say "$asked does not answer as it should; staying with $former"
    asked=$former
    fetch_from "$asked" sync.conf "$known"
  fi
  expect_ours sync.conf
}

# The ETag, the server that gave it and how far this machine's clock is ahead of its clock stand after the trailer; the
# next poll takes them from there.
keep_settings() {
  set_ahead
  printf '# etag %s\n# from %s\n# ahead %s\n' "$1" "$asked" "$ahead" >>.sync.conf.new || cannot_write sync.conf
  put sync.conf 0600
}

take_client_toml() {
  fetch_from "$asked" client.toml ''
  expect_ours client.toml
  [ "$sum" = "$wanted" ] || die 5 'client.toml is not the one that sync.conf names: it changed between two requests'
  put client.toml 0640
  say "new client.toml in place ($(printf %.12s "$sum"))"
}

# The key's file is read by curl and by wget as their own configuration.
key_line() { printf 'header = X-Api-Key:%s\n' "$next_key"; }

take_key() {
  if key_line | cmp -s - key; then return 0; fi
  key_line >.key.new || cannot_write key
  put key 0600
  say 'new API key in place; the next poll uses it'
}

# The server moved, and its new address answers: the former one is not asked again.
forget_former() {
  sed '/^# from /d; /^# etag /d; /^# ahead /d' sync.conf >.sync.conf.new || cannot_write sync.conf
  keep_settings "$known"
}

discard() { rm -f .sync.conf.new .client.toml.new .key.new; }

poll() {
  flock -n 9 || die 7 'another run is at work'
  trap discard EXIT
  discard
  fetch_settings
  if [ "$code" = 304 ]; then
    if [ -n "$former" ] && [ "$former" != "$asked" ]; then forget_former; fi
    return 0
  fi
  settings_etag=$etag
  expect_settings .sync.conf.new
  if ! whole client.toml || [ "$sum" != "$wanted" ]; then take_client_toml; fi
  if [ -n "$next_key" ]; then take_key; fi
  keep_settings "$settings_etag"
}

# poll in a process of its own, so that its end is not ours; the lock is the folder's, and ends with it.
poll_once() {
  (poll) 9<.
}
`;
