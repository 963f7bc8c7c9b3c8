// Draws the charts from the data beside them and lets tables be sorted. Nothing is fetched from anywhere.
(() => {
  "use strict";
  const lang = document.documentElement.lang;
  // Told apart with every kind of colour vision, and dark enough on white; areas also differ in pattern, lines in dash.
  const COLOURS = ["#0b5394", "#c55a11", "#2e7d4f", "#7b4ea3", "#a8324a", "#4d5b66", "#8a6d00", "#007f8c"];
  const DASHES = ["solid", "dashed", "dotted"];
  const SYMBOLS = ["circle", "rect", "triangle", "diamond", "pin", "arrow"];
  const INK = "#1d2733", GRID = "#dfe4ea", SIZE = 12;
  const FAMILY = getComputedStyle(document.body).fontFamily;
  // The line is told, since its height would be the width of a Chinese character, which some computers have no font for.
  const TEXT = { color: INK, fontFamily: FAMILY, fontSize: SIZE, lineHeight: SIZE + 2 };
  const HALO = { ...TEXT, textBorderColor: "#fff", textBorderWidth: 3 };
  const PRINTED = 690; // pixels across a page of A4

  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${SIZE}px ${FAMILY}`;
  const wide = (words) => Math.ceil(pen.measureText(words).width);
  const widest = (names) => Math.max(0, ...names.map(wide));

  const figure = (value, form) => {
    if (value === null || value === undefined) return "–";
    const options = {
      percent: { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 },
      change: { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 },
      int: { maximumFractionDigits: 0 },
      money: { minimumFractionDigits: 2, maximumFractionDigits: 2 },
    }[form] || { maximumFractionDigits: 2 };
    return value.toLocaleString(lang, options);
  };
  const brief = (value, form) => {
    if (form === "percent") return `${+(value * 100).toPrecision(3)}%`;
    return value.toLocaleString(lang, { maximumFractionDigits: Math.abs(value) >= 1000 ? 0 : 2 });
  };
  const lines = (words) => {
    const box = document.createElement("div");
    box.append(...words.flatMap((line) => [line, document.createElement("br")]));
    return box;
  };

  const common = (decal) => ({
    animation: false,
    color: COLOURS,
    textStyle: TEXT,
    aria: { enabled: true, label: { enabled: false }, decal: { show: decal } },
    tooltip: { confine: true, transitionDuration: 0 },
  });
  const legend = { top: 0, itemGap: 10, itemWidth: 25, itemHeight: 14, textStyle: TEXT };
  // Pixels that a legend of these names takes: it goes on in a new line where the line is full.
  const legendHeight = (names, width) => {
    let [lines, at] = [1, 0];
    for (const name of names) {
      const long = 25 + 5 + wide(name) + 10;
      if (at && at + long > width - 20) [lines, at] = [lines + 1, 0];
      at += long;
    }
    return 24 * lines;
  };
  const valueAxis = (form, name) => ({
    type: "value",
    name,
    nameLocation: "middle",
    nameGap: 34,
    nameTextStyle: TEXT,
    axisLabel: { ...TEXT, formatter: (v) => brief(v, form), hideOverlap: true },
    splitLine: { lineStyle: { color: GRID } },
  });

  // Beside bars that lie: names are broken into lines, and bars are as far apart as the longest name needs.
  const labelWidth = (spec, width) => Math.min(widest(spec.names) + 2, 260, width * 0.4);
  const barHeight = (spec, width) => {
    const rows = Math.ceil((1.15 * widest(spec.names)) / labelWidth(spec, width));
    return Math.max(34, rows * (SIZE + 2) + 8);
  };

  // Bars and lines over categories.
  function series(spec, width) {
    const many = spec.series.length > 1, line = spec.kind === "line";
    const form = spec.series[0].form;
    const long = widest(spec.names), room = width - 70;
    const names = { type: "category", data: spec.names, axisLabel: { ...TEXT, interval: 0, hideOverlap: true } };
    if (spec.sideways) {
      names.inverse = true;
      Object.assign(names.axisLabel, { hideOverlap: false, overflow: "break", width: labelWidth(spec, width) });
    } else if (spec.names.length * (long + 8) > room) {
      names.axisLabel.rotate = 40;
      names.axisLabel.hideOverlap = false;
      if (spec.names.length * (SIZE + 6) > room) names.axisLabel.interval = "auto";
    }
    const values = valueAxis(form);
    if (line) values.scale = true;
    if (spec.sideways && width < 500) values.splitNumber = 3;
    const tip = (v, at) => figure(v, spec.series[at] ? spec.series[at].form : form);
    const told = spec.series[0].values.filter((v) => v !== null && v !== undefined).map((v) => brief(v, form));
    const top = many ? legendHeight(spec.series.map((s) => s.name), width) + 16 : spec.sideways ? 8 : 30;
    const right = spec.sideways ? widest(told) + 12 : line ? 30 : 12;
    return {
      ...common(many && spec.kind === "bar"),
      tooltip: { confine: true, transitionDuration: 0, trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: tip },
      legend: many ? legend : undefined,
      grid: spec.sideways
        ? { left: labelWidth(spec, width) + 16, right, top, bottom: 28, containLabel: false }
        : { left: 12, right, top, bottom: 8, containLabel: true },
      xAxis: spec.sideways ? values : names,
      yAxis: spec.sideways ? names : values,
      series: spec.series.map((one, at) => ({
        name: one.name,
        type: spec.kind,
        data: one.values,
        stack: spec.stacked ? "all" : undefined,
        lineStyle: { width: 2.5, type: DASHES[at % DASHES.length] },
        symbol: SYMBOLS[at % SYMBOLS.length],
        symbolSize: 8,
        barMaxWidth: 42,
        label: many ? undefined : {
          ...HALO,
          show: true,
          position: spec.sideways ? "right" : "top",
          formatter: (p) => (p.value === null || p.value === undefined ? "" : brief(p.value, one.form)),
        },
        labelLayout: { hideOverlap: true },
      })),
    };
  }

  // Where the labels of dots go so that none lies on another, on another's dot or outside: beside its dot if there is
  // room, else farther away with a line to it; one that finds no place is left out.
  function placed(dots, frame) {
    const taken = dots.map((d) => ({ x: d.x - d.r, y: d.y - d.r, w: 2 * d.r, h: 2 * d.r }));
    const free = (b) => b.x >= frame.x && b.y >= frame.y && b.x + b.w <= frame.x + frame.w && b.y + b.h <= frame.y + frame.h
      && !taken.some((t) => b.x < t.x + t.w && t.x < b.x + b.w && b.y < t.y + t.h && t.y < b.y + b.h);
    return dots.map((d) => {
      const w = wide(d.name) + 4, h = SIZE + 4;
      for (let away = 4; away <= 90; away += 8) {
        const reach = d.r + away;
        const places = [
          [d.x + reach, d.y - h / 2], [d.x - reach - w, d.y - h / 2], [d.x - w / 2, d.y - reach - h], [d.x - w / 2, d.y + reach],
          [d.x + reach * 0.7, d.y - reach * 0.7 - h], [d.x + reach * 0.7, d.y + reach * 0.7],
          [d.x - reach * 0.7 - w, d.y - reach * 0.7 - h], [d.x - reach * 0.7 - w, d.y + reach * 0.7],
        ];
        const found = places.map(([x, y]) => ({ x, y, w, h, far: away > 4 })).find(free);
        if (found) {
          taken.push(found);
          return found;
        }
      }
      return null;
    });
  }

  // Dots at two values.
  function dots(spec, width, chart, drawn) {
    const largest = Math.max(1, ...spec.dots.map((d) => d.size || 0));
    const kinds = [...new Set(spec.dots.map((d) => d.kind))];
    const across = (d) => (d.size === null ? 14 : 8 + (width < 500 ? 26 : 46) * Math.sqrt(d.size / largest));
    const axis = (at, name) => {
      const made = valueAxis(spec.forms[at], name);
      const all = spec.dots.map((d) => (at ? d.y : d.x)).concat(spec.cuts[at] ?? []);
      const low = Math.min(...all), high = Math.max(...all);
      if (spec.logarithmic && low > 0 && (at === 1 || spec.cuts.length)) {
        Object.assign(made, { type: "log", min: +(low / 1.4).toPrecision(2), max: +(high * 1.5).toPrecision(2) });
      } else made.scale = true;
      made.axisLabel.formatter = (v) => (made.type === "log" ? +(+v).toPrecision(2) : v).toLocaleString(lang);
      if (at) made.nameGap = 44;
      return made;
    };
    const cuts = spec.cuts.length ? {
      silent: true, symbol: "none", animation: false,
      lineStyle: { color: "#52606d", type: "dashed" },
      label: { ...TEXT, formatter: (p) => p.value.toLocaleString(lang) },
      data: [{ xAxis: spec.cuts[0] }, { yAxis: spec.cuts[1] }],
    } : undefined;
    const ordered = kinds.flatMap((kind) => spec.dots.filter((d) => d.kind === kind));
    const grid = { left: 24, right: 40, top: kinds.length > 1 ? legendHeight(kinds, width) + 24 : 24, bottom: 28, containLabel: true };
    const places = new Map();
    if (drawn) { // the dots stand where they stand: now there is room to be looked for
      const at = ordered.map((d) => {
        const [x, y] = chart.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, [d.x, d.y]);
        return { name: d.name, x, y, r: across(d) / 2 };
      });
      const left = grid.left + 44, frame = { x: left, y: grid.top, w: width - 4 - left, h: chart.getHeight() - grid.top - 58 };
      placed(at, frame).forEach((box, n) => places.set(ordered[n], box));
    }
    return {
      ...common(false),
      tooltip: {
        confine: true, transitionDuration: 0,
        formatter: (p) => {
          const d = p.data.dot;
          const said = [[spec.x, figure(d.x, spec.forms[0])], [spec.y, figure(d.y, spec.forms[1])]];
          if (spec.size) said.push([spec.size, figure(d.size, "int")]);
          return lines([d.name, ...said.map(([a, b]) => `${a}: ${b}`)]);
        },
      },
      legend: kinds.length > 1 ? legend : undefined,
      grid,
      xAxis: axis(0, spec.x),
      yAxis: axis(1, spec.y),
      series: kinds.map((kind, at) => ({
        name: kind,
        type: "scatter",
        symbol: SYMBOLS[at % SYMBOLS.length],
        itemStyle: { color: COLOURS[at % COLOURS.length], opacity: 0.75, borderColor: "#fff" },
        data: ordered.filter((d) => d.kind === kind).map((d) => ({
          value: [d.x, d.y], dot: d, symbolSize: across(d),
          label: { show: Boolean(places.get(d)) }, labelLine: { show: Boolean(places.get(d)?.far) },
        })),
        label: { ...HALO, opacity: 1, position: "right", formatter: (p) => p.data.dot.name },
        labelLine: { length2: 0, lineStyle: { color: "#52606d" } },
        labelLayout: (p) => {
          const box = places.get(ordered.filter((d) => d.kind === kind)[p.dataIndex]);
          return box ? { x: box.x + 2, y: box.y + box.h / 2, align: "left", verticalAlign: "middle" } : {};
        },
        markLine: at ? undefined : cuts,
      })),
    };
  }

  // Who goes from where to where.
  function flow(spec, width) {
    const starts = [...new Set(spec.flows.map((f) => f[0]))];
    const all = [...new Set([...starts, ...spec.flows.map((f) => f[1])])]; // both sides in one order
    const ends = all.filter((name) => spec.flows.some((f) => f[1] === name));
    const total = spec.flows.reduce((sum, f) => sum + f[2], 0);
    const sum = (name, side) => spec.flows.reduce((s, f) => s + (f[side] === name ? f[2] : 0), 0);
    const colour = (name) => COLOURS[all.indexOf(name) % COLOURS.length];
    const said = (name, side) => `${name} ${figure(sum(name, side), "int")}`;
    const margin = Math.min(Math.max(...[starts, ends].map((n, side) => widest(n.map((m) => said(m, side))))) + 12, width * 0.32);
    const node = (side) => (name) => ({
      name: `${"ab"[side]}${name}`, itemStyle: { color: colour(name) },
      label: { position: side ? "right" : "left", formatter: said(name, side) },
    });
    const cut = (name) => name.slice(1);
    return {
      ...common(false),
      tooltip: {
        confine: true, transitionDuration: 0,
        formatter: (p) => lines([p.dataType === "edge"
          ? `${cut(p.data.source)} → ${cut(p.data.target)}: ${figure(p.data.value, "int")}`
          : `${cut(p.name)}: ${figure(p.value, "int")}`]),
      },
      series: [{
        type: "sankey", layoutIterations: 0, nodeGap: 14, draggable: false, emphasis: { focus: "adjacency" },
        left: margin, right: margin, top: 10, bottom: 10,
        label: { ...TEXT, width: margin - 8, overflow: "break" },
        lineStyle: { color: "source", opacity: 0.35 },
        edgeLabel: {
          ...HALO, show: true, fontSize: 11, formatter: (p) => (p.value >= total / 20 ? figure(p.value, "int") : ""),
        },
        data: [...starts.map(node(0)), ...ends.map(node(1))],
        links: spec.flows.map(([a, b, value]) => ({ source: `a${a}`, target: `b${b}`, value })),
      }],
    };
  }

  function draw(box) {
    const spec = JSON.parse(box.querySelector("script").textContent);
    const plot = box.querySelector(".plot");
    if (spec.kind === "dots") plot.style.height = "540px";
    if (spec.kind === "flow") plot.style.height = `${Math.max(320, 34 * new Set(spec.flows.map((f) => f[0])).size)}px`;
    const chart = echarts.init(plot, null, { renderer: "svg", locale: lang.startsWith("zh") ? "ZH" : "EN" });
    const make = { dots, flow }[spec.kind] ?? series;
    return (width) => {
      if (spec.sideways) plot.style.height = `${50 + barHeight(spec, width ?? plot.clientWidth) * spec.names.length}px`;
      chart.resize({ width: width ?? "auto" });
      chart.setOption(make(spec, chart.getWidth(), chart, false), true);
      if (spec.kind === "dots") chart.setOption(dots(spec, chart.getWidth(), chart, true), true);
    };
  }

  function sortable(table) {
    const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
    if (body.rows.length < 2) return;
    heads.forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      const numbers = head.classList.contains("n");
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        const up = now ? now === "descending" : !numbers;
        const key = (row) => row.cells[at].dataset.value;
        const order = (a, b) => (numbers ? a - b : a.localeCompare(b, lang, { numeric: true }));
        const rows = [...body.rows].sort((one, two) => {
          const a = key(one), b = key(two);
          if (a === "" || b === "") return (a === "") - (b === "");
          return up ? order(a, b) : order(b, a);
        });
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        body.append(...rows);
      });
    });
  }

  const charts = [...document.querySelectorAll("figure[data-chart]")].map(draw);
  document.querySelectorAll("table[data-part]").forEach(sortable);
  const fit = (width) => charts.forEach((redraw) => redraw(width));
  fit();
  let waiting = 0;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => fit(), 100); });
  addEventListener("beforeprint", () => {
    fit(PRINTED);
    document.querySelectorAll("details").forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => fit());
  document.documentElement.dataset.drawn = String(charts.length);
})();
