/**
 * What differs between wanted and found, for people to read. Texts hold placeholders (`{{token ssh g8}}`) or
 * fingerprints, never secrets.
 */
export type Change = {
  /** A path, `unit NAME`, `package NAME`, … */
  readonly target: string;
  /** Why it differs, in the field's words: "on disk but not loaded: nginx serves an older configuration". */
  readonly cause: string;
  /** Naming it is enough: the text is a part of another change's, or one that only another release changes. */
  readonly part?: boolean;
} & (
  | { readonly kind: 'create'; readonly after: string }
  | { readonly kind: 'update'; readonly before: string; readonly after: string }
  | { readonly kind: 'delete'; readonly before: string }
);
