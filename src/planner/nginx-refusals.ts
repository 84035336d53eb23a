import { NGINX_FOLDER, NGINX_HTTP, NGINX_STREAM, NGINX_STREAM_MODULE, STATE } from '../artifacts/paths.ts';
import type { Refusal } from '../model/plan.ts';
import { managerOf } from './packages.ts';
import type { Part } from './part.ts';
import type { View } from './view.ts';

const OUR_PATHS = [NGINX_HTTP, NGINX_FOLDER, NGINX_STREAM_MODULE, STATE];
const HTTP_FOLDER = '/etc/nginx/conf.d';
const MAIN_FOLDER = '/etc/nginx/modules-enabled';

/** What in somebody else's part of nginx's configuration keeps ours from working. */
export function nginxRefusals(view: View, acts: boolean): Pick<Part, 'refusals' | 'notes'> {
  const invalid = invalidConfig(view);
  const refusals = [...includes(view), ...otherStream(view), ...(acts ? invalid : [])];
  return { refusals, notes: acts ? [] : invalid.map(({ message }) => message) };
}

/** A complaint about a file of ours is mended by writing it; one about another's would fail every reload. */
function invalidConfig({ nginx }: View): readonly Refusal[] {
  if (nginx === undefined || nginx.configError === '') return [];
  if (OUR_PATHS.some((path) => nginx.configError.includes(path))) return [];
  const message = `nginx's configuration is not valid: ${nginx.configError}`;
  return [{ rule: 'nginx-invalid', message, remedy: 'Repair it until `nginx -t` is content.' }];
}

/** Debian's nginx.conf includes both folders; others may not, and then our files would lie there unread. */
function includes(view: View): readonly Refusal[] {
  const found = view.nginx?.includes ?? (managerOf(view) === 'apt' ? undefined : { main: [], http: [] });
  if (found === undefined || view.nginx?.configError) return [];
  const lacking = [
    ...(found.main.some((pattern) => covers(pattern, MAIN_FOLDER))
      ? []
      : [`outside of all blocks: include ${MAIN_FOLDER}/*.conf;`]),
    ...(found.http.some((pattern) => covers(pattern, HTTP_FOLDER))
      ? []
      : [`inside http: include ${HTTP_FOLDER}/*.conf;`]),
  ];
  if (lacking.length === 0) return [];
  const message = "nginx.conf does not include the folders of reconcile's files";
  return [
    { rule: 'nginx-includes', message, remedy: `Add to /etc/nginx/nginx.conf ${lacking.join(' and ')}` },
  ];
}

function covers(pattern: string, folder: string): boolean {
  const absolute = pattern.startsWith('/') ? pattern : `/etc/nginx/${pattern}`;
  return absolute === `${folder}/*.conf` || absolute === `${folder}/*`;
}

/** nginx takes one stream block only. */
function otherStream({ nginx }: View): readonly Refusal[] {
  const others = (nginx?.streamBlocks ?? []).filter((path) => path !== NGINX_STREAM_MODULE);
  return others.map((path) => ({
    rule: 'nginx-stream-block',
    message: `${path} has a stream block of its own, and nginx takes one only`,
    remedy: `Take the block out of ${path}; what it holds can go into a file that ${NGINX_STREAM_MODULE} includes beside ${NGINX_STREAM}.`,
  }));
}
