import stringWidth from 'string-width';

/** `1,234,567`: grouped as in English in every locale, so that outputs of two machines can be compared. */
export function formatCount(number: number, options: Intl.NumberFormatOptions = {}): string {
  return number.toLocaleString('en-US', options);
}

/** `0 bytes`, `1 byte`, `12.3 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes === 1) return '1 byte';
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}

/** `5s`, `2m 5s`, `1h 30m`: the two largest units. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours}h ${minutes}m`;
  return minutes > 0 ? `${minutes}m ${whole % 60}s` : `${whole}s`;
}

/** Columns that a text takes in a terminal: East Asian characters and most emoji take two. */
export function textWidth(text: string): number {
  return stringWidth(text);
}

/** The text with spaces up to a width in columns; a longer one stays as it is. */
export function padText(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return side === 'left' ? text + space : space + text;
}

/** At most `width` columns; a cut is marked with `…`. Never cuts a character that is made of several code points. */
export function shortenText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let short = '';
  for (const { segment } of graphemes.segment(text)) {
    if (textWidth(short + segment) > width - 1) break;
    short += segment;
  }
  return `${short}…`;
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** A line on a terminal: control characters, which could move the cursor or change colours, become `\ufffd`. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\ufffd');
}

/**
 * A table for people: lines of cells, two spaces between columns, without trailing spaces. Columns whose cells below
 * the first line are all numbers are aligned right. With `width`, the widest columns are cut until a line has at most
 * that many columns of a terminal; those of `whole` are not cut.
 */
export function formatTable(
  lines: readonly (readonly string[])[],
  width: number | null = null,
  whole: readonly number[] = [],
): string {
  const safe = lines.map((line) => line.map(printable));
  const columns = Array.from({ length: Math.max(...safe.map((line) => line.length)) }, (_, i) => {
    const cells = safe.map((line) => line[i] ?? '');
    const numbers = cells.slice(1).every((cell) => /^[0-9,.]*$/.test(cell));
    return { width: Math.max(...cells.map(textWidth)), side: numbers ? ('right' as const) : ('left' as const) };
  });
  const widths = fittingWidths(
    columns.map((column) => column.width),
    width,
    whole,
  );
  const cell = (text: string, i: number) => padText(shortenText(text, widths[i]!), widths[i]!, columns[i]!.side);
  return safe
    .map((line) => columns.map((_, i) => cell(line[i] ?? '', i)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** A column is not made narrower than this. */
const leastWidth = 6;

/** Takes from the widest columns until all fit beside each other. */
function fittingWidths(widths: readonly number[], width: number | null, whole: readonly number[]): number[] {
  const fitting = [...widths];
  if (width === null) return fitting;
  const mayShrink = [...fitting.keys()].filter((i) => !whole.includes(i));
  let over = fitting.reduce((sum, one) => sum + one, 0) - (width - 2 * (widths.length - 1));
  while (over > 0) {
    const widest = Math.max(...mayShrink.map((i) => fitting[i]!));
    if (widest <= leastWidth) break;
    const next = Math.max(leastWidth, ...mayShrink.map((i) => fitting[i]!).filter((one) => one < widest));
    const shrinking = mayShrink.filter((i) => fitting[i] === widest);
    const share = Math.ceil(over / shrinking.length);
    for (const i of shrinking) {
      const less = Math.max(0, Math.min(share, widest - next, over));
      fitting[i] = widest - less;
      over -= less;
    }
  }
  return fitting;
}
