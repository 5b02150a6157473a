/** A file in an archive. `offset` is relative to the archive's start. */
export type Entry = {
  readonly name: string;
  readonly method: 'store' | 'deflate';
  /** Its sizes are unknown until it ends, so its local header has room for ZIP64 sizes. */
  readonly grows: boolean;
  readonly offset: number;
  crc: number;
  bytes: number;
  /** Of the bytes in the archive, deflated or not. */
  storedCrc: number;
  storedBytes: number;
};

const most32 = 0xffff_ffff;
/** 1980-01-01, the earliest date of a ZIP, in MS-DOS form (APPNOTE 4.4.6). */
const dosDate = 0x0021;
const version = { plain: 20, zip64: 45 };

/** Local file header (APPNOTE 4.3.7). Its length does not depend on the sizes of an entry that grows. */
export function localHeader(entry: Entry): Buffer {
  const wide = entry.bytes >= most32 || entry.storedBytes >= most32;
  if (wide && !entry.grows) throw new RangeError('An entry of 4 GiB must be streamed.');
  const extra = wide ? zip64Extra([entry.bytes, entry.storedBytes]) : entry.grows ? growthHint() : Buffer.alloc(0);
  const name = Buffer.from(entry.name);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x0403_4b50, 0);
  header.writeUInt16LE(wide ? version.zip64 : version.plain, 4);
  writeShared(header, 6, entry, wide);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

/** Central directory header (APPNOTE 4.3.12). */
export function centralHeader(entry: Entry): Buffer {
  const wide = entry.bytes >= most32 || entry.storedBytes >= most32;
  const far = entry.offset >= most32;
  const extra = wide || far ? zip64Extra(wide ? sizesAnd(entry, far) : [entry.offset]) : Buffer.alloc(0);
  const name = Buffer.from(entry.name);
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x0201_4b50, 0);
  header.writeUInt16LE(wide || far ? version.zip64 : version.plain, 4);
  header.writeUInt16LE(wide || far ? version.zip64 : version.plain, 6);
  writeShared(header, 8, entry, wide);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(far ? most32 : entry.offset, 42);
  return Buffer.concat([header, name, extra]);
}

/** The records after the directory (APPNOTE 4.3.14 to 4.3.16); offsets are relative to the archive's start. */
export function endOfDirectory(entries: number, offset: number, directoryBytes: number): Buffer {
  const wide = offset >= most32 || directoryBytes >= most32 || entries >= 0xffff;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x0605_4b50, 0);
  end.writeUInt16LE(Math.min(entries, 0xffff), 8);
  end.writeUInt16LE(Math.min(entries, 0xffff), 10);
  end.writeUInt32LE(Math.min(directoryBytes, most32), 12);
  end.writeUInt32LE(Math.min(offset, most32), 16);
  if (!wide) return end;
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x0606_4b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(version.zip64, 12);
  record.writeUInt16LE(version.zip64, 14);
  record.writeBigUInt64LE(BigInt(entries), 24);
  record.writeBigUInt64LE(BigInt(entries), 32);
  record.writeBigUInt64LE(BigInt(directoryBytes), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x0706_4b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + directoryBytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, end]);
}

/** The fields that local and central headers share, from the flags to the uncompressed size. */
function writeShared(header: Buffer, at: number, entry: Entry, wide: boolean): void {
  // Bit 11: the name is UTF-8 (APPNOTE 4.4.4). Set only for names beyond ASCII, because some unpackers misread it.
  header.writeUInt16LE(/^[\x20-\x7e]*$/.test(entry.name) ? 0 : 0x0800, at);
  header.writeUInt16LE(entry.method === 'deflate' ? 8 : 0, at + 2);
  header.writeUInt16LE(0, at + 4);
  header.writeUInt16LE(dosDate, at + 6);
  header.writeUInt32LE(entry.crc, at + 8);
  header.writeUInt32LE(wide ? most32 : entry.storedBytes, at + 12);
  header.writeUInt32LE(wide ? most32 : entry.bytes, at + 16);
}

function sizesAnd(entry: Entry, far: boolean): number[] {
  return far ? [entry.bytes, entry.storedBytes, entry.offset] : [entry.bytes, entry.storedBytes];
}

/** ZIP64 extended information (APPNOTE 4.5.3). */
function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + values.length * 8);
  extra.writeUInt16LE(0x0001, 0);
  extra.writeUInt16LE(values.length * 8, 2);
  values.forEach((value, i) => {
    extra.writeBigUInt64LE(BigInt(value), 4 + i * 8);
  });
  return extra;
}

/** 20 bytes that a ZIP64 field may replace later: Microsoft's Open Packaging growth hint (APPNOTE 4.6.10). */
function growthHint(): Buffer {
  const extra = Buffer.alloc(20);
  extra.writeUInt16LE(0xa220, 0);
  extra.writeUInt16LE(16, 2);
  extra.writeUInt16LE(0xa028, 4);
  return extra;
}
