import { declaration, main } from './package.ts';

const dark = 'FF1F4E78';

/** The formats of times and days. Milliseconds are shown only where some time of the report has any. */
const formats = { time: 164, day: 165 } as const;

/** Fonts by number: text, bold, title, header. */
const fonts = [
  '<font><sz val="11"/><name val="Calibri"/><family val="2"/></font>',
  '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font>',
  `<font><b/><sz val="16"/><color rgb="${dark}"/><name val="Calibri"/><family val="2"/></font>`,
  '<font><b/><sz val="11"/><color rgb="FFFFFFFF"/><name val="Calibri"/><family val="2"/></font>',
];

const top = '<alignment horizontal="left" vertical="top"/>';
const wrapped = '<alignment horizontal="left" vertical="top" wrapText="1"/>';

/** The cell formats in the order of `cellStyles`. */
const cells = [
  xf({}),
  xf({ format: formats.time, inside: '<alignment horizontal="left"/>' }),
  xf({ more: ' quotePrefix="1"' }),
  xf({ font: 3, fill: 2, inside: '<alignment vertical="center"/>' }),
  xf({ font: 1, inside: top }),
  xf({ inside: wrapped }),
  xf({ inside: wrapped, more: ' quotePrefix="1"' }),
  xf({ format: formats.time, inside: top }),
  xf({ format: 3, inside: top }),
  xf({ format: formats.day, inside: top }),
  xf({ font: 2 }),
  xf({ font: 3, fill: 2 }),
];

// openpyxl refuses a style sheet without whole fills (the first two are reserved), borders and fonts.
export function styles(milliseconds: boolean): string {
  const time = `yyyy\\-mm\\-dd\\ hh:mm:ss${milliseconds ? '.000' : ''}`;
  return (
    `${declaration}<styleSheet xmlns="${main}"><numFmts count="2">` +
    `<numFmt numFmtId="${formats.time}" formatCode="${time}"/><numFmt numFmtId="${formats.day}" formatCode="yyyy\\-mm\\-dd"/></numFmts>` +
    `<fonts count="${fonts.length}">${fonts.join('')}</fonts>` +
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>' +
    `<fill><patternFill patternType="solid"><fgColor rgb="${dark}"/><bgColor indexed="64"/></patternFill></fill></fills>` +
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>' +
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>' +
    `<cellXfs count="${cells.length}">${cells.join('')}</cellXfs>` +
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>' +
    '<dxfs count="0"/><tableStyles count="0" defaultTableStyle="TableStyleMedium2" defaultPivotStyle="PivotStyleLight16"/></styleSheet>'
  );
}

type Format = {
  readonly format?: number;
  readonly font?: number;
  readonly fill?: number;
  readonly inside?: string;
  readonly more?: string;
};

function xf({ format = 0, font = 0, fill = 0, inside = '', more = '' }: Format): string {
  const applied =
    `${format === 0 ? '' : ' applyNumberFormat="1"'}${font === 0 ? '' : ' applyFont="1"'}` +
    `${fill === 0 ? '' : ' applyFill="1"'}${inside === '' ? '' : ' applyAlignment="1"'}`;
  const open = `<xf numFmtId="${format}" fontId="${font}" fillId="${fill}" borderId="0" xfId="0"${more}${applied}`;
  return inside === '' ? `${open}/>` : `${open}>${inside}</xf>`;
}
