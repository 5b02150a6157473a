/** One of the files that belong to jobs, by its place and its name there. */
export type FileRef = { readonly place: 'shelf' | 'spool'; readonly name: string };

/** The directories of both places. */
export type FilePlaces = { readonly reports: string; readonly spool: string };

/** The name of a file that is being written ends so. */
export const partial = '.part';
