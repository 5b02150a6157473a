import assert from 'node:assert/strict';

/** A line of the text format 0.0.4: a name, labels, a number. https://prometheus.io/docs/instrumenting/exposition_formats/ */
const sample =
  /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)$/;

/** Every series with its value; its labels are sorted by name. Fails for a line that is none of the format. */
export function seriesOf(text: string): Map<string, number> {
  assert.ok(text.endsWith('\n'));
  const series = new Map<string, number>();
  const described = new Set<string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, about] = /^# (?:HELP|TYPE) (\w+) \S/.exec(line) ?? [];
    if (about !== undefined) {
      described.add(about);
      continue;
    }
    const [, name = '', labels, value] = sample.exec(line) ?? assert.fail(`not of the format: ${line}`);
    assert.ok(described.has(name) || described.has(name.replace(/_(bucket|sum|count)$/, '')), `${name} has no HELP`);
    const sorted = labels?.match(/\w+="(?:[^"\\]|\\.)*"/g)?.sort();
    const key = sorted === undefined ? name : `${name}{${sorted.join()}}`;
    assert.ok(!series.has(key), `${key} is there twice`);
    series.set(key, Number(value));
  }
  return series;
}
