import { TRAILER } from '../pull/seal.ts';

/** What sync.conf says. */
export const settings = `
# read_settings FILE: what the server says there, and what the last poll noted below the trailer (known: the ETag,
# former: the server that gave it). Empty where it says nothing; what a later line says counts. No line of it costs a
# program.
read_settings() {
  server='' interval='' wanted='' announced='' next_key='' known='' former='' noted_ahead=''
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      'server = '*) server=\${line#*= } ;;
      'poll = '*) interval=\${line#*= } ;;
      'client_toml = '*) wanted=\${line#*= } ;;
      'finalize_at = '*) announced=\${line#*= } ;;
      'key = '*) next_key=\${line#*= } ;;
      '${TRAILER} '*) known='' former='' noted_ahead='' ;;
      '# etag '*) known=\${line#'# etag '} ;;
      '# from '*) former=\${line#'# from '} ;;
      '# ahead '*) noted_ahead=\${line#'# ahead '} ;;
    esac
  done <"$1"
}
`;
