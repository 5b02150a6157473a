import { crc32, deflateRawSync } from 'node:zlib';

export type Packed = {
  readonly name: string;
  readonly bytes: Buffer;
  readonly flags?: number;
  readonly method?: number;
};

/** A ZIP archive (APPNOTE.TXT 4.3) of deflated entries; flags and method can be wrong on purpose. */
export function zipOf(entries: readonly (Packed | readonly [name: string, text: string | Buffer])[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const given of entries) {
    const entry: Packed = 'name' in given ? given : { name: given[0], bytes: Buffer.from(given[1]) };
    const data = deflateRawSync(entry.bytes);
    const name = Buffer.from(entry.name);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(entry.flags ?? 0x800, 2);
    head.writeUInt16LE(entry.method ?? 8, 4);
    head.writeUInt32LE(crc32(entry.bytes), 10);
    head.writeUInt32LE(data.length, 14);
    head.writeUInt32LE(entry.bytes.length, 18);
    head.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\u0001\u0002\u0014\u0000', 'latin1'), head, place, name);
    locals.push(Buffer.from('PK\u0003\u0004', 'latin1'), head, name, data);
    offset += 30 + name.length + data.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}
