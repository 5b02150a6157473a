/** Where a bucket of object storage is, and who asks. */
export type BucketPlace = {
  readonly bucket: string;
  /** What every name begins with, with a slash at its end; empty for none. */
  readonly prefix: string;
  /** Of a storage that is not Amazon's; null: by the region. */
  readonly endpoint: string | null;
  readonly region: string;
  /** Null: what the machine has (environment, files of the AWS tools, roles). */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
};
