/* Draws what /events tells, once a second. No library but uPlot; nothing from elsewhere. */
/* global uPlot */
const $ = (id) => document.getElementById(id);
const HOUR = 3600;

/** An element with attributes and children; texts are never read as HTML. */
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  made.append(...children.flat().filter((child) => child !== undefined));
  return made;
}

const shown = new Map();

/** Replaces what an element holds, but only where it differs, so that a selection survives. */
function show(id, data, draw) {
  const key = JSON.stringify(data);
  if (shown.get(id) === key) return;
  shown.set(id, key);
  $(id).replaceChildren(...[draw(data)].flat());
}

const number = (n) => Math.round(n).toLocaleString('en-US');

function size(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1023.95 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

function duration(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

const TONES = {
  ...{ healthy: 'good', live: 'good', degraded: 'odd', draining: 'odd', connecting: 'odd', spooling: 'odd' },
  ...{ unhealthy: 'ill', halted: 'ill', error: 'ill', warn: 'odd' },
};

const state = (word) => el('span', { class: `state ${TONES[word] ?? ''}` }, el('i'), el('b', {}, word));
const part = (term, value, unit) =>
  el('div', {}, el('dt', {}, term), el('dd', {}, value, unit ? el('small', {}, ` ${unit}`) : undefined));

function bar(share) {
  const fill = el('i');
  fill.style.width = `${Math.min(100, Math.max(0, share * 100))}%`;
  return el('span', { class: 'bar' }, fill);
}

function destination(one, status) {
  const { now } = status.agent;
  const { link, spool, inputs } = one;
  const sum = (of) => inputs.reduce((n, input) => n + of(input), 0);
  const times = [spool.oldest, ...inputs.map((input) => input.oldest)].filter((time) => time !== undefined);
  const oldest = times.length > 0 ? now - Math.min(...times) : 0;
  const since = link.since === undefined ? '' : `, ${link.state} for ${duration(now - link.since)}`;
  const trouble = link.state !== 'up' && link.problem ? ` · ${link.problem}` : '';
  const drained = one.drained === undefined ? '' : ` · empty in about ${duration(one.drained)}`;
  return el(
    'article',
    { class: 'card' },
    el('div', {}, el('h3', {}, one.name), state(one.state)),
    el('p', { class: 'target' }, `${link.target}${since}${trouble}`),
    ...link.servers.map((server) =>
      el(
        'p',
        { class: 'note' },
        `${server.target}, ${server.state}${server.state !== 'up' && server.problem ? ` · ${server.problem}` : ''}`,
      ),
    ),
    el(
      'dl',
      {},
      part('acknowledged', number(one.rate.lines), 'lines/s'),
      part('behind', size(sum((input) => input.behind))),
      part('oldest line', oldest < 1000 ? 'now' : duration(oldest)),
      part('repeated', number(sum((input) => input.ledger.repeated.lines))),
    ),
    bar(spool.bytes / status.disk.limit),
    el(
      'p',
      { class: 'note' },
      spool.rows === 0
        ? `Spool empty, ${size(status.disk.limit)} at most`
        : `Spool: ${number(spool.lines)} lines, ${size(spool.bytes)} of ${size(status.disk.limit)}, oldest ${duration(now - spool.oldest)}${drained}`,
    ),
  );
}

function ledger(input) {
  const { read, acked, spool, underway, filtered, dropped } = input.ledger;
  const some = (lines, what) => (lines > 0 ? ` + ${number(lines)} ${what}` : '');
  const drops = Object.entries(dropped).map(([cause, count]) => some(count.lines, `dropped (${cause})`));
  return `${number(read.lines)} read = ${number(acked.lines)} acknowledged${some(spool.lines, 'in the spool')}${some(underway.lines, 'under way')}${some(filtered.lines, 'filtered')}${drops.join('')}`;
}

function generation(file) {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  const whole = file.size === undefined ? 'packed' : size(file.size);
  const behind = file.behind > 0 ? `${size(file.behind)} behind` : 'all settled';
  return el(
    'li',
    { class: file.path === file.chain ? 'live' : undefined, title: `${file.path}\n${file.note ?? ''}` },
    el('b', {}, name),
    bar(file.size ? file.settled / file.size : 1),
    el('p', {}, `${whole}, ${behind} · ${file.state}`),
    file.note ? el('p', {}, file.note) : undefined,
  );
}

/** Every chain once, as the slowest destination stands in it. */
function files(destinations) {
  const chains = new Map();
  const places = [];
  for (const { name, inputs } of destinations) {
    for (const input of inputs) {
      for (const file of input.files) {
        const key = `${input.name} ${file.chain}`;
        const chain = chains.get(key) ?? { input: input.name, path: file.chain, gens: new Map() };
        chains.set(key, chain);
        const known = chain.gens.get(file.gen);
        if (!known || known.settled > file.settled) chain.gens.set(file.gen, file);
      }
      places.push(`${destinations.length > 1 ? `${input.name} to ${name}` : input.name}: ${ledger(input)}`);
      if (input.more > 0) places.push(`${input.name}: ${number(input.more)} more files, all of them less behind`);
    }
  }
  if (chains.size === 0)
    return [
      el(
        'p',
        { class: 'empty' },
        'No file is there yet. As soon as one appears under a configured path, it is followed.',
      ),
    ];
  const rows = [...chains.values()].map(({ input, path, gens }) =>
    el(
      'article',
      { class: 'chain' },
      el(
        'h3',
        {},
        path,
        el('small', {}, `input ${input}${gens.size > 1 ? `, ${gens.size} generations, oldest first` : ''}`),
      ),
      el('ol', { class: 'links' }, [...gens.values()].map(generation)),
    ),
  );
  return [...rows, ...places.map((text) => el('p', { class: 'note' }, text))];
}

function records(lists) {
  const all = lists.flatMap(({ destination, records: list }) => list.map((one) => ({ ...one, destination })));
  if (all.length === 0) return el('p', { class: 'empty' }, 'Nothing was sent since the start.');
  const newest = all.sort((a, b) => b.at - a.at).slice(0, 24);
  return el(
    'pre',
    { tabindex: '0' },
    newest.map(({ text, destination: name }) => {
      const [, head = '', pri, rest = text] = /^(<(\d+)>(?:1 \S+)?)(.*)$/s.exec(text) ?? [];
      return el('span', lists.length > 1 ? { title: name } : {}, el('em', { class: urgency(pri % 8) }, head), rest);
    }),
  );
}

/** Of a severity, 0 to 7: errors and what is above, warnings, the rest. */
const urgency = (severity) => (severity <= 3 ? 'ill' : severity === 4 ? 'odd' : undefined);

function unmatched(lists) {
  const some = lists.filter(({ lines }) => lines.length > 0);
  if (some.length === 0) return el('p', { class: 'empty' }, 'Every line that was read matched its pattern.');
  return some.flatMap(({ input, lines, count }) => [
    el(
      'pre',
      { tabindex: '0' },
      lines.toReversed().map((line) => el('span', {}, line)),
    ),
    el(
      'p',
      { class: 'note' },
      `input ${input}: ${number(count)} since the start; tailship try shows how far the pattern got`,
    ),
  ]);
}

function errors(list) {
  if (list.length === 0) return el('p', { class: 'empty' }, 'None since the start.');
  return el(
    'ul',
    { class: 'said' },
    list
      .toReversed()
      .map(({ at, level, sentence, times, code }) =>
        el(
          'li',
          {},
          el('time', {}, new Date(at).toLocaleTimeString('en-GB')),
          state(level),
          el(
            'span',
            {},
            sentence,
            times > 1 ? ` (${number(times)} times)` : '',
            code ? el('small', {}, ` ${code}`) : undefined,
          ),
        ),
      ),
  );
}

/* ---- charts ---- */

const points = new Map();
const charts = new Map();

function chart(id, key, format) {
  const probe = el('span');
  document.body.append(probe);
  const resolved = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const [accent, soft, line, odd, good] = ['--accent', '--soft', '--line', '--odd', '--good'].map(resolved);
  probe.remove();
  const lines = linesOf(key);
  const axis = {
    stroke: soft,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  const strokes = [accent, odd, good, soft];
  const made = new uPlot(
    {
      width: $(id).clientWidth || 400,
      height: 190,
      padding: [8, 26, 0, 0],
      cursor: { y: false },
      legend: { show: lines.length > 1 },
      scales: {
        x: { range: (_, least, most) => lastHour(least, most) },
        y: { range: (_, __, max) => [0, Math.max(key === 'oldest' ? 5_000 : 10, max || 0) * 1.1] },
      },
      axes: [
        { ...axis, grid: { show: false }, size: 26, space: 64, values: (_, times) => times.map(clock) },
        { ...axis, size: 58, values: (_, all) => all.map(format) },
      ],
      series: [
        {},
        ...lines.map(({ label, key: what }, i) => ({
          label,
          stroke: what === 'read' ? soft : strokes[i % strokes.length],
          width: 1.75,
          dash: what === 'read' ? [4, 3] : undefined,
          fill: points.size === 1 && what !== 'read' ? `color-mix(in srgb, ${accent} 14%, transparent)` : undefined,
          points: { show: false },
          value: (_, v) => (v == null ? '' : format(v)),
        })),
      ],
    },
    table(key),
    $(id),
  );
  return made;
}

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString('en-GB');

/** What is known of the last hour, two minutes at least. */
function lastHour(least, most) {
  const end = most || Date.now() / 1000;
  return [Math.max(end - HOUR, Math.min(least || end, end - 120)), end];
}

/** What a chart shows: every destination; of a single one also how fast is read, which tells an outage and a drain at a glance. */
function linesOf(key) {
  const names = [...points.keys()];
  if (names.length > 1 || key !== 'acked') return names.map((name) => ({ label: name, name, key }));
  const [name] = names;
  return [
    { label: 'acknowledged', name, key },
    { label: 'read', name, key: 'read' },
  ];
}

/** uPlot's columns: the times of all destinations, then the values of each line. */
function table(key) {
  const times = [...new Set([...points.values()].flatMap((list) => list.map(({ at }) => at)))].sort((a, b) => a - b);
  const columns = linesOf(key).map(({ name, key: what }) => {
    const byTime = new Map(points.get(name).map((point) => [point.at, point[what]]));
    return times.map((at) => byTime.get(at) ?? null);
  });
  return [times.map((at) => at / 1000), ...columns];
}

const CHARTS = [
  ['speed', 'acked', (n) => number(n)],
  ['lag', 'oldest', (ms) => duration(ms)],
];

function drawCharts(anew) {
  for (const [id, key, format] of CHARTS) {
    const old = charts.get(id);
    if (old && !anew) old.setData(table(key));
    else {
      old?.destroy();
      charts.set(id, chart(id, key, format));
    }
  }
}

function takePoints(history, names) {
  let anew = charts.size === 0;
  for (const name of names) {
    if (!points.has(name)) {
      points.set(name, []);
      anew = true;
    }
    const list = points.get(name);
    for (const point of history[name] ?? []) if (point.at > (list.at(-1)?.at ?? 0)) list.push(point);
    if (list.length > 720) list.splice(0, list.length - 720);
  }
  for (const name of [...points.keys()].filter((one) => !names.includes(one))) {
    points.delete(name);
    anew = true;
  }
  if (anew || Object.values(history).some((list) => list.length > 0)) drawCharts(anew);
}

addEventListener('resize', () => {
  for (const [id, made] of charts) made.setSize({ width: $(id).clientWidth, height: 190 });
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawCharts(true));

/* ---- the stream ---- */

function health(word, tone) {
  $('health').className = `state ${tone}`;
  $('health').lastElementChild.textContent = word;
  document.title = word === 'healthy' ? 'tailship' : `${word} · tailship`;
}

function picture({ status, history, records: sent, unmatched: odd }) {
  const { agent } = status;
  health(status.health.state, TONES[status.health.state]);
  const memory = agent.memory === undefined ? '' : ` · ${size(agent.memory)}`;
  $('agent').textContent =
    `${agent.version} · running ${duration(agent.now - agent.started)} · pid ${agent.pid}${memory} · ${agent.config ?? 'defaults'}`;
  $('reasons').hidden = status.health.reasons.length === 0;
  $('reasons').className = TONES[status.health.state];
  show('reasons', status.health.reasons, (list) => list.map((reason) => el('li', {}, reason)));
  show('destinations', [status.destinations, status.disk], () =>
    status.destinations.map((one) => destination(one, status)),
  );
  show('files', status.destinations, files);
  show('records', sent, records);
  const counts = new Map(
    status.destinations.flatMap(({ inputs }) => inputs.map(({ name, shaped }) => [name, shaped.unmatched])),
  );
  show(
    'unmatched',
    odd.map((one) => ({ ...one, count: counts.get(one.input) ?? 0 })),
    unmatched,
  );
  show('errors', status.errors, errors);
  takePoints(
    history,
    status.destinations.map(({ name }) => name),
  );
}

const stream = new EventSource('/events');
stream.addEventListener('message', ({ data }) => picture(JSON.parse(data)));
stream.addEventListener('trouble', ({ data }) => {
  health('unhealthy', 'ill');
  $('reasons').hidden = false;
  $('reasons').className = 'ill';
  show('reasons', data, () => el('li', {}, JSON.parse(data)));
});
stream.addEventListener('error', () => health('no answer from the agent', 'ill'));
