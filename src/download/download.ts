import type { Report } from '../domain/job.ts';
import type { OpenFile, Shelf } from '../files/files.ts';
import { etagFor, reprDigestFor } from './digests.ts';
import { orDamaged, Verifier } from './proof.ts';
import { type Part, partFor } from './ranges.ts';

/** A report that is open and proven to be the recorded bytes. Removing it meanwhile does not end it. */
export type Reading = {
  readonly bytes: number;
  /** Strong, quoted. */
  readonly etag: string;
  /** The value of `Repr-Digest`, RFC 9530. */
  readonly reprDigest: string;
  /** What `Range` and `If-Range` ask for; throws `range_invalid` with the fact `bytes`. */
  part(range: string | undefined, ifRange: string | undefined): Part;
  /**
   * The bytes from `start` to before `end`, in pieces that are valid until the next one is asked for. Once it has
   * begun, it closes the reading when it ends, fails or is left.
   */
  pieces(start: number, end: number): AsyncGenerator<Buffer, void, undefined>;
  /** Closes a reading whose pieces were not asked for. */
  close(): Promise<void>;
};

/** Opens reports that are on the shelf and proves that they are the recorded bytes. */
export class Downloads {
  readonly #shelf: Shelf;
  readonly #verifier = new Verifier();

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /**
   * Opens a report; throws `report_damaged` when the file is gone, is not a regular file or does not hold the recorded
   * bytes.
   */
  async read(report: Report): Promise<Reading> {
    const file = await this.#shelf.open(report.shelfName).catch((error) => {
      throw orDamaged('is gone or cannot be opened', error);
    });
    try {
      await this.#verifier.verify(file, report);
      return {
        bytes: report.bytes,
        etag: etagFor(report.sha256),
        reprDigest: reprDigestFor(report.sha256),
        part: (range, ifRange) => partFor(range, ifRange, report.bytes, etagFor(report.sha256)),
        pieces: (start, end) => closing(file, start, end),
        close: () => file.close(),
      };
    } catch (error) {
      await file.close();
      throw error;
    }
  }
}

/** The pieces of a file, which is closed at their end. */
async function* closing(file: OpenFile, start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* file.pieces(start, end);
  } catch (error) {
    throw orDamaged('changed meanwhile', error);
  } finally {
    await file.close();
  }
}
