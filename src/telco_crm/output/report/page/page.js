// Draws the charts from the data beside them and lets tables be sorted. Nothing is fetched from anywhere.
(() => {
  "use strict";
  const lang = document.documentElement.lang;
  // Told apart with every kind of colour vision, and dark enough on white; areas also differ in pattern, lines in dash.
  const COLOURS = ["#0b5394", "#c55a11", "#2e7d4f", "#7b4ea3", "#a8324a", "#4d5b66", "#8a6d00", "#007f8c"];
  const DASHES = ["solid", "dashed", "dotted"];
  const SYMBOLS = ["circle", "rect", "triangle", "diamond", "pin", "arrow"];
  const INK = "#1d2733", GRID = "#dfe4ea";
  const TEXT = { color: INK, fontFamily: getComputedStyle(document.body).fontFamily };

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
    return value.toLocaleString(lang, { maximumFractionDigits: 2 });
  };

  const common = (decal) => ({
    animation: false,
    color: COLOURS,
    textStyle: TEXT,
    aria: { enabled: true, label: { enabled: false }, decal: { show: decal } },
    tooltip: { confine: true, transitionDuration: 0 },
  });
  const valueAxis = (form, name) => ({
    type: "value",
    name,
    nameLocation: "middle",
    nameGap: 34,
    nameTextStyle: { color: INK },
    axisLabel: { color: INK, formatter: (v) => brief(v, form), hideOverlap: true },
    splitLine: { lineStyle: { color: GRID } },
  });

  function series(spec) {
    const many = spec.series.length > 1;
    const form = spec.series[0].form;
    const names = { type: "category", data: spec.names, axisLabel: { color: INK, interval: spec.sideways ? 0 : "auto" } };
    if (spec.sideways) {
      names.inverse = true;
      names.axisLabel.width = 260;
      names.axisLabel.overflow = "break";
    }
    const values = valueAxis(form);
    if (spec.kind === "line") values.scale = true;
    const tip = (v, at) => figure(v, spec.series[at] ? spec.series[at].form : form);
    return {
      ...common(many && spec.kind === "bar"),
      tooltip: { confine: true, transitionDuration: 0, trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: tip },
      legend: many ? { top: 0, textStyle: { color: INK } } : undefined,
      grid: { left: 8, right: 56, top: many ? 40 : 16, bottom: 8, containLabel: true },
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
          show: true,
          color: INK,
          position: spec.kind === "line" ? "top" : spec.sideways ? "right" : "top",
          formatter: (p) => (p.value === null || p.value === undefined ? "" : brief(p.value, one.form)),
        },
        labelLayout: { hideOverlap: true },
      })),
    };
  }

  function dots(spec) {
    const largest = Math.max(1, ...spec.dots.map((d) => d.size || 0));
    const kinds = [...new Set(spec.dots.map((d) => d.kind))];
    const axis = (at, name) => {
      const made = valueAxis(spec.forms[at], name);
      const low = Math.min(...spec.dots.map((d) => (at ? d.y : d.x)).concat(spec.cuts[at] ?? []));
      if (spec.logarithmic && low > 0 && (at === 1 || spec.cuts.length)) Object.assign(made, { type: "log", min: low / 1.6 });
      else made.scale = true;
      made.axisLabel.formatter = (v) => (made.type === "log" ? +(+v).toPrecision(2) : v).toLocaleString(lang);
      if (at) made.nameGap = 44;
      return made;
    };
    const lines = spec.cuts.length ? {
      silent: true, symbol: "none", animation: false,
      lineStyle: { color: "#52606d", type: "dashed" },
      label: { color: INK, formatter: (p) => p.value.toLocaleString(lang) },
      data: [{ xAxis: spec.cuts[0] }, { yAxis: spec.cuts[1] }],
    } : undefined;
    return {
      ...common(false),
      tooltip: {
        confine: true, transitionDuration: 0,
        formatter: (p) => {
          const d = p.data.dot;
          const said = [[spec.x, figure(d.x, spec.forms[0])], [spec.y, figure(d.y, spec.forms[1])]];
          if (spec.size) said.push([spec.size, figure(d.size, "int")]);
          const box = document.createElement("div");
          box.append(...[d.name, ...said.map(([a, b]) => `${a}: ${b}`)].flatMap((t) => [t, document.createElement("br")]));
          return box;
        },
      },
      legend: kinds.length > 1 ? { top: 0, textStyle: { color: INK } } : undefined,
      grid: { left: 24, right: 60, top: kinds.length > 1 ? 44 : 24, bottom: 28, containLabel: true },
      xAxis: axis(0, spec.x),
      yAxis: axis(1, spec.y),
      series: kinds.map((kind, at) => ({
        name: kind,
        type: "scatter",
        symbol: SYMBOLS[at % SYMBOLS.length],
        itemStyle: { opacity: 0.75, borderColor: "#fff" },
        data: spec.dots.filter((d) => d.kind === kind).map((d) => ({
          value: [d.x, d.y], dot: d, symbolSize: d.size === null ? 14 : 8 + 46 * Math.sqrt(d.size / largest),
        })),
        label: { show: true, position: "right", color: INK, formatter: (p) => p.data.dot.name },
        labelLayout: { hideOverlap: false, moveOverlap: "shiftY" },
        markLine: at ? undefined : lines,
      })),
    };
  }

  function flow(spec) {
    const starts = [...new Set(spec.flows.map((f) => f[0]))], ends = [...new Set(spec.flows.map((f) => f[1]))];
    const all = [...new Set([...starts, ...ends])];
    const colour = (name) => COLOURS[all.indexOf(name) % COLOURS.length];
    const node = (side) => (name) => ({
      name: `${side}${name}`, itemStyle: { color: colour(name) },
      label: { position: side === "a" ? "left" : "right", formatter: name },
    });
    return {
      ...common(false),
      tooltip: {
        confine: true, transitionDuration: 0,
        formatter: (p) => {
          const box = document.createElement("span");
          const cut = (s) => s.slice(1);
          box.textContent = p.dataType === "edge"
            ? `${cut(p.data.source)} → ${cut(p.data.target)}: ${figure(p.data.value, "int")}`
            : `${cut(p.name)}: ${figure(p.value, "int")}`;
          return box;
        },
      },
      series: [{
        type: "sankey", layoutIterations: 0, nodeGap: 14, draggable: false, emphasis: { focus: "adjacency" },
        left: 170, right: 170, top: 8, bottom: 8,
        label: { color: INK, fontFamily: TEXT.fontFamily },
        lineStyle: { color: "source", opacity: 0.35 },
        edgeLabel: { show: true, color: INK, fontSize: 11, formatter: (p) => figure(p.value, "int") },
        data: [...starts.map(node("a")), ...ends.map(node("b"))],
        links: spec.flows.map(([a, b, value]) => ({ source: `a${a}`, target: `b${b}`, value })),
      }],
    };
  }

  function draw(box) {
    const spec = JSON.parse(box.querySelector("script").textContent);
    const plot = box.querySelector(".plot");
    if (spec.sideways) plot.style.height = `${70 + 34 * spec.names.length}px`;
    if (spec.kind === "dots") plot.style.height = "520px";
    const chart = echarts.init(plot, null, { renderer: "svg", locale: lang.startsWith("zh") ? "ZH" : "EN" });
    chart.setOption({ dots, flow }[spec.kind]?.(spec) ?? series(spec));
    return chart;
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
  const fit = (size) => charts.forEach((chart) => chart.resize(size));
  let waiting = 0;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => fit(), 100); });
  addEventListener("beforeprint", () => fit({ width: 690 }));
  addEventListener("afterprint", () => fit({ width: "auto" }));
  document.documentElement.dataset.drawn = String(charts.length);
})();
