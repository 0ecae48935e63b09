(() => {
  "use strict";
  const held = (id) => JSON.parse(document.getElementById(id).textContent);
  const figures = held("figures"), views = held("views"), outlines = held("outlines");
  const night = window.matchMedia("(prefers-color-scheme: dark)");
  const tones = {
    light: ["#0b61a4", "#b35900", "#1b7f5c", "#8e3b8e", "#b3262e", "#5a6472"],
    dark: ["#6cb6ff", "#f0a94b", "#5fd3a6", "#d9a0e6", "#ff8f8f", "#aab4c0"],
  };
  const SHEET = 900; // pixels that a sheet of paper has room for, title and all
  let printed = false;

  const inks = () => {
    const dark = night.matches && !printed;
    return {
      tones: dark ? tones.dark : tones.light,
      ink: dark ? "#e6e9ed" : "#1b2027",
      rule: dark ? "#39424c" : "#d5dae0",
      ground: dark ? "#1e242b" : "#ffffff",
    };
  };

  // On a narrow screen names leave no room for bars: they are cut there, and stand whole in the tables.
  const cut = (figure) => {
    const names = figure.layout.yaxis && figure.layout.yaxis.type === "category" ? [...new Set(figure.data[0].y)] : [];
    if (!names.some((name) => name.length > 20)) return {};
    const short = names.map((name) => (name.length > 20 ? `${name.slice(0, 19)}…` : name));
    return { tickmode: "array", tickvals: names, ticktext: short };
  };

  const draw = (figure) => {
    const place = document.getElementById(figure.id);
    const { tones: colours, ink, rule, ground } = inks();
    const narrow = place.clientWidth < 520;
    const axis = (given) => ({
      ...given, automargin: true, gridcolor: rule, zerolinecolor: rule, linecolor: rule, tickcolor: rule,
      title: { ...(given && given.title), standoff: 12 },
    });
    const data = figure.data.map((trace) => {
      const colour = colours[trace.meta % colours.length];
      return { ...trace, marker: { ...trace.marker, color: colour }, line: { ...trace.line, color: colour } };
    });
    if (data.some((trace) => trace.type === "bar")) {
      data.forEach((trace) => { if (trace.type === "bar") delete trace.line; });
    }
    const layout = {
      ...figure.layout,
      height: printed ? Math.min(figure.layout.height, SHEET) : figure.layout.height,
      font: { family: "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif", size: narrow ? 11 : 13, color: ink },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 8, r: 16, t: 8, b: 8 },
      xaxis: axis(figure.layout.xaxis), yaxis: { ...axis(figure.layout.yaxis), ...(narrow ? cut(figure) : {}) },
      legend: { orientation: "h", traceorder: "normal", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom" },
      hoverlabel: { bgcolor: ground, bordercolor: rule, font: { color: ink } },
      shapes: (figure.layout.shapes || []).map((shape) => ({ ...shape, line: { ...shape.line, color: ink } })),
    };
    return Plotly.react(place, data, layout, { displayModeBar: false, responsive: true, typesetMath: false });
  };

  // A view that sets others side by side has no data of its own: they are those of views on other pages.
  const known = new Map(views.map((view) => [view.id, view]));
  const panes = (view) => (view.panes.length ? view.panes.map(({ of, ...own }) => ({ ...known.get(of), ...own })) : [view]);
  views.forEach((view) => window.reportViews[view.kind]({ ...view, panes: panes(view) }, outlines));

  const all = () => Promise.all(figures.map(draw));
  const done = all().then(() => { document.documentElement.dataset.drawn = String(figures.length + views.length); });
  night.addEventListener("change", () => done.then(all));
  // On paper nothing can be opened: what is shut there opens for it.
  let opened = [];
  const onPaper = (yes) => {
    printed = yes;
    if (yes) opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((one) => { one.open = yes; });
    all();
  };
  window.addEventListener("beforeprint", () => onPaper(true));
  window.addEventListener("afterprint", () => onPaper(false));
})();
