import { type StreamService, slotConfig } from '../artifacts/nginx-stream.ts';
import { SLOTS, slotFile } from '../artifacts/paths.ts';
import { expectationOf, PRIVATE_FILE, planFile } from './files.ts';
import { join, type Part, part } from './part.ts';
import type { View } from './view.ts';

/** Which slot nginx passes datagrams to. In the middle of a rotation that is the host's own program's to say. */
export function planSlots(view: View, stream: readonly StreamService[], moving: ReadonlySet<string>): Part {
  const udp = stream.filter(({ protocol }) => protocol === 'udp');
  const due = udp.filter(({ name }) => !moving.has(name) || view.files[slotFile(name)] === undefined);
  return join(
    due.map((each) => planFile(view, { path: slotFile(each.name), text: slotConfig(each), ...PRIVATE_FILE })),
  );
}

/** Those that no service has any more: once the configuration that includes them is gone. */
export function removeSlots(view: View, stream: readonly StreamService[]): Part {
  const wanted = new Set(slotPaths(stream));
  const stale = Object.keys(view.files).filter(
    (path) => path.startsWith(`${SLOTS}/`) && path.endsWith('.conf') && !wanted.has(path),
  );
  return join(stale.sort().map((path) => removeSlot(view, path)));
}

/** The files of our `stream` block that nginx has read when it has read all. */
export function slotPaths(stream: readonly StreamService[]): readonly string[] {
  return stream.filter(({ protocol }) => protocol === 'udp').map(({ name }) => slotFile(name));
}

function removeSlot(view: View, path: string): Part {
  const found = view.files[path];
  return part({
    changes: [{ kind: 'delete', target: path, cause: 'no service uses it', before: found?.text ?? '' }],
    steps: [{ kind: 'remove-file', path, expect: expectationOf(found) }],
  });
}
