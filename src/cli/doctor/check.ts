/** One thing that was looked at: what was found, and what to do when that is not good. */
export type Check = { readonly name: string; readonly finding: string; readonly advice: string | null };
