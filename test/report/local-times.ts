/** Local times by Intl, which has its own copy of the time zone database: without a zone, and with the offset. */
export function localTimes(timeZone: string) {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const wall = (ms: number) => {
    const fraction = ((ms % 1000) + 1000) % 1000;
    return `${format.format(ms).replace(' ', 'T')}.${String(fraction).padStart(3, '0')}`;
  };
  const iso = (ms: number) => {
    // Local mean time, before zones existed, has offsets in seconds; the offset is shown in whole minutes.
    const minutes = Math.trunc((Date.parse(`${wall(ms)}Z`) - ms) / 60_000);
    const [hour, minute] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((n) =>
      String(n).padStart(2, '0'),
    );
    return `${wall(ms)}${minutes < 0 ? '-' : '+'}${hour}:${minute}`;
  };
  return { wall, iso };
}
