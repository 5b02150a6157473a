/** The wall time of the bound zone as if it were UTC: right across daylight-saving changes, back to local mean time. */
export const wallTime = "toDateTime64(toString(toTimeZone(time, {timeZone:String})), 3, 'UTC')";

/** How far the zone is ahead of UTC. */
export const offsetMinutes = `intDiv(toUnixTimestamp64Milli(${wallTime}) - toUnixTimestamp64Milli(time), 60000)`;

const offset = `if(${offsetMinutes} < 0, '-', '+'), leftPad(toString(intDiv(abs(${offsetMinutes}), 60)), 2, '0'),
  ':', leftPad(toString(abs(${offsetMinutes}) % 60), 2, '0')`;

/** ISO 8601 with milliseconds and the zone's offset, so that the hour that daylight saving repeats stays two hours. */
export const isoWallTime = `concat(replaceOne(toString(${wallTime}), ' ', 'T'), ${offset})`;

/** The hour in the zone, ISO 8601 with the zone's offset. */
export const isoWallHour = `concat(formatDateTime(${wallTime}, '%Y-%m-%dT%H:00'), ${offset})`;
