/** The beginning of the last line, which a SHA-256 of all before it follows: a file without it is not whole. */
export const TRAILER = '# reconcile sha256';
