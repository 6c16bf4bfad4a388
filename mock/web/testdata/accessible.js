// Reports what a page lacks for those who cannot see it or see little: a list of
// sentences, empty if all is well.
(function () {
  const wrong = [];
  const shown = function (e) {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    return box.width > 0 && box.height > 0 && style.visibility !== 'hidden' && style.display !== 'none';
  };
  const short = function (e) { return e.outerHTML.slice(0, 120); };
  const say = function (what, e) { wrong.push(what + (e ? ': ' + short(e) : '')); };
  const name = function (e) {
    const by = e.getAttribute('aria-label');
    if (by && by.trim()) return by;
    if (e.labels && e.labels.length) return Array.from(e.labels).map(function (l) { return l.textContent; }).join(' ').trim();
    return (e.textContent || '').trim() || (e.getAttribute('title') || '').trim();
  };

  if (!document.documentElement.lang) say('the page has no language');
  if (!document.title) say('the page has no title');
  if (document.querySelectorAll('h1').length !== 1) say('the page has not exactly one h1');
  if (document.querySelectorAll('main').length !== 1) say('the page has not exactly one main');
  for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
    const labelled = (e.getAttribute('aria-label') || '').trim() || (e.labels && e.labels.length && name(e));
    if (!labelled) say('a field has no label', e);
  }
  for (const e of document.querySelectorAll('a[href], button, summary')) if (!name(e)) say('it has no name', e);
  for (const e of document.querySelectorAll('svg')) if (!e.getAttribute('aria-label')) say('a picture has no name', e);
  for (const e of document.querySelectorAll('nav')) if (!e.getAttribute('aria-label')) say('a navigation has no name', e);
  for (const e of document.querySelectorAll('[aria-describedby]')) {
    if (!document.getElementById(e.getAttribute('aria-describedby'))) say('its description is not there', e);
  }
  for (const e of document.querySelectorAll('th')) if (!e.scope) say('a heading of a table has no scope', e);
  const ids = {};
  for (const e of document.querySelectorAll('[id]')) { if (ids[e.id]) say('an id is there twice', e); ids[e.id] = true; }
  let level = 0;
  for (const e of document.querySelectorAll('main h1, main h2, main h3, main h4')) {
    const now = Number(e.tagName[1]);
    if (now > level + 1) say('a level of headings is left out', e);
    level = now;
  }
  if (document.documentElement.scrollWidth > innerWidth + 1) say('the page is wider than the window, ' + document.documentElement.scrollWidth);

  const parse = function (color) {
    const c = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    c.clearRect(0, 0, 1, 1); c.fillStyle = color; c.fillRect(0, 0, 1, 1);
    return c.getImageData(0, 0, 1, 1).data;
  };
  const light = function (rgb) {
    const part = function (v) { v /= 255; return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); };
    return 0.2126 * part(rgb[0]) + 0.7152 * part(rgb[1]) + 0.0722 * part(rgb[2]);
  };
  const ground = function (e) {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c[3] === 255) return c;
    }
    return [255, 255, 255, 255];
  };
  const seen = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !shown(e) || e.closest('.skip, svg, datalist, option')) continue;
    const style = getComputedStyle(e), key = style.color + ground(e).join();
    if (seen[key]) continue;
    seen[key] = true;
    const a = light(parse(style.color)), b = light(ground(e));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) say('contrast ' + contrast.toFixed(2), e);
  }
  return wrong;
})()
