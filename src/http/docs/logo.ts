/** The name as a picture: a trail that climbs to a flag. */
export const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 190 40" width="190" height="40" role="img" aria-label="Trailport">
<g fill="none" stroke="#7fd1ae" stroke-width="3" stroke-linecap="round" stroke-linejoin="round">
<path d="M6 34c10 0 4-10 12-12s6-8 12-9"/><path d="M30 13V4l8 3-8 4"/></g>
<text x="46" y="28" font-family="system-ui, sans-serif" font-size="24" font-weight="600" fill="#ffffff">Trailport</text></svg>`;

/** The flag alone, for the browser's tab. */
export const favicon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">
<rect width="40" height="40" rx="8" fill="#1b3a34"/><g fill="none" stroke="#7fd1ae" stroke-width="3" stroke-linecap="round" stroke-linejoin="round">
<path d="M5 34c10 0 4-10 12-12s6-8 12-9"/><path d="M28 13V4l8 3-8 4"/></g></svg>`;
