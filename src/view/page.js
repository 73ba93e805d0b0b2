'use strict';
// The page can be read without this. It lights what belongs together, wherever one of the two is pointed at, focused or
// tapped: a byte and its field, a segment and the line of code that caused it. It moves the focus with the arrow keys,
// and keeps the programs and the states beside the segments in step with what is being read.
const all = (from, what) => [...from.querySelectorAll(what)];
document.documentElement.classList.add('js');

// What shares a token of data-f with an element: parts of a packet within their segment, segments within their
// connection.
const PARTS = '.cell[data-f], .hex b[data-f], .fields tr[data-f]';
let lit = [];
function light(element) {
  lit.forEach(other => other.classList.remove('lit'));
  lit = [];
  if (!element) return;
  const part = element.matches(PARTS);
  const scope = element.closest(part ? '.seg' : '.connection');
  const tokens = element.dataset.f.split(' ');
  const alike = part ? PARTS : '.drawing a[data-f]';
  lit = tokens.flatMap(token => all(scope, alike).filter(e => e.dataset.f.split(' ').includes(token)));
  lit.forEach(other => other.classList.add('lit'));
  if (part) tell(scope, tokens);
}

// In words below the bytes, for whoever projects the page or listens to it.
function tell(segment, tokens) {
  const readout = segment.querySelector('.readout');
  const rows = tokens.map(token => segment.querySelector(`.fields tr[data-f="${token}"]`)).filter(row => row);
  readout.textContent = '';
  rows.forEach((row, at) => {
    const name = document.createElement('b');
    name.textContent = `${row.cells[0].textContent} ${row.cells[1].textContent}`.trim();
    const means = rows.length > 2 ? '' : `: ${row.cells[3].firstChild.textContent.trim()}`;
    readout.append(at > 0 ? (rows.length > 2 ? ', ' : ' \u00b7 ') : '', name, means);
  });
}

const linked = event => event.target.closest && event.target.closest('[data-f]');
document.addEventListener('pointerover', event => light(linked(event) || linkedFocus()));
document.addEventListener('focusin', event => light(linked(event)));
document.addEventListener('focusout', () => light(null));
const linkedFocus = () => document.activeElement.closest('[data-f]');

// Bytes, cells and rows can be reached by keyboard: one stop for each group, and the arrow keys within it.
const GROUPS = '.rfc, .hex, .fields tbody';
function makeReachable(segment) {
  if (segment.dataset.reachable) return;
  segment.dataset.reachable = 'yes';
  all(segment, GROUPS).forEach(group => all(group, '[data-f]').forEach((e, at) => { e.tabIndex = at > 0 ? -1 : 0; }));
}

function move(element, key) {
  const group = element.closest(GROUPS);
  const members = all(group, '[data-f]');
  const row = group.matches('.hex') ? 16 : group.matches('tbody') ? 1 : 4;
  const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row, Home: -members.length, End: members.length }[key];
  if (by === undefined) return false;
  const to = members[Math.min(Math.max(members.indexOf(element) + by, 0), members.length - 1)];
  element.tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
  return true;
}

// The next segment, seen from the one that is being read.
function go(by) {
  const segments = all(document, '.seg');
  const here = document.activeElement.closest('.seg') || document.querySelector('.seg.now');
  const at = segments.indexOf(here);
  const summary = segments[Math.min(Math.max(at + by, 0), segments.length - 1)]?.querySelector('summary');
  if (!summary) return;
  summary.focus({ preventScroll: true });
  summary.scrollIntoView({ block: 'start' });
}

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const part = event.target.closest(PARTS);
  const summary = event.target.matches('.seg > summary');
  if (part && move(part, event.key)) event.preventDefault();
  else if (event.key === 'n' || (summary && event.key === 'ArrowDown')) { event.preventDefault(); go(1); }
  else if (event.key === 'p' || (summary && event.key === 'ArrowUp')) { event.preventDefault(); go(-1); }
});

// The segment that is being read: its line of code and the states that both ends are in then.
function read(segment) {
  const connection = segment.closest('.connection');
  all(connection, '.now').forEach(e => e.classList.remove('now'));
  segment.classList.add('now');
  const token = `s${segment.dataset.step}`;
  all(connection, '.code li[data-f], .drawing a[data-f]').forEach(
    e => e.classList.toggle('now', e.dataset.f.split(' ').includes(token)));
  for (const end of ['client', 'server']) {
    const state = segment.dataset[end];
    const nodes = all(connection, `.machine g[data-end="${end}"]`).filter(g => g.dataset.state.split(' ')[0] === state);
    (nodes.find(g => g.querySelector('.chip')) || nodes[0])?.classList.add('now');
  }
}
const seen = new IntersectionObserver(entries => entries.filter(e => e.isIntersecting).forEach(e => read(e.target)),
  { rootMargin: '-25% 0px -70% 0px' });
all(document, '.seg').forEach(segment => seen.observe(segment));

document.addEventListener('toggle', event => {
  const segment = event.target;
  if (!segment.matches('.seg') || !segment.open) return;
  makeReachable(segment);
  if (segment.contains(document.activeElement)) read(segment);
}, true);
all(document, '.seg[open]').forEach(makeReachable);
document.addEventListener('click', event => {
  const button = event.target.closest('button[data-do]');
  if (button) all(document, '.seg').forEach(segment => { segment.open = button.dataset.do === 'open'; });
  const link = event.target.closest('a[href^="#c"]');
  const body = link && document.getElementById(link.getAttribute('href').slice(1));
  if (body) { event.preventDefault(); body.parentElement.open = true; body.parentElement.querySelector('summary').focus(); body.parentElement.scrollIntoView(); }
});
