/** A function that makes its result once per argument: for what a view holds, which never changes. */
export function once<K extends object, V>(make: (from: K) => V): (from: K) => V {
  const made = new WeakMap<K, { readonly value: V }>();
  return (from) => {
    const known = made.get(from) ?? { value: make(from) };
    made.set(from, known);
    return known.value;
  };
}

/** Groups of what is told of clients, made once per list: a host may have thousands of clients. */
export function byClient<T extends { readonly client: string }>(): (
  list: readonly T[],
  client: string,
) => readonly T[] {
  const groups = once((list: readonly T[]) => {
    const found = new Map<string, T[]>();
    for (const each of list) {
      const group = found.get(each.client);
      if (group === undefined) found.set(each.client, [each]);
      else group.push(each);
    }
    return found;
  });
  return (list, client) => groups(list).get(client) ?? [];
}
