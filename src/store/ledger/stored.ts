/** What the tables hold: versions of activities, and entries of `superseded`. */
export type Stored = { readonly versions: number; readonly superseded: number };
