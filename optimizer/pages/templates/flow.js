(() => {
  "use strict";
  const { shape, words, element, choice, slider, table, whole, future } = window.reportViews.kit;
  const WIDTH = 1000, BAR = 12, GAP = 14, TOP = 16, HIGH = 380, LEAST = 38;

  window.reportViews.flow = (view) => {
    const place = document.getElementById(view.id);
    const data = view.data;
    const controls = place.querySelector(".controls");
    const year = slider(controls, data.years);
    const which = choice(controls, "Future", data.futures.map((one, n) => ({ value: n, text: future(one) })));
    const measure = choice(controls, "Count", data.measures.map(([text], n) => ({ value: n, text })));
    const last = data.channels.length - 1;
    const channel = choice(controls, "Channels", [
      { value: "all", text: "all" },
      ...(last > 1 ? [{ value: "strict", text: `all but ${data.channels[last]}` }] : []),
      ...data.channels.map((text, n) => ({ value: n, text: `from ${text}` })),
    ]);
    const said = place.querySelector(".said");
    const write = table(place.querySelector(".rows"), "What moves", ["from", "to", "materials", "t"], [3]);
    const svg = shape("svg", { role: "img", "aria-label": view.words });
    place.querySelector(".drawing").replaceChildren(svg);
    const name = (n) => `${data.nodes[n][0]}, ${data.nodes[n][1]}`;
    const column = new Map(data.columns.flatMap((nodes, at) => nodes.map((n) => [n, at])));

    // Between which nodes how much moves in a year, of what is counted, the materials of each.
    const links = (y) => {
      const all = data.moved[data.futures[+which.value].path[y]][y], held = data.measures[+measure.value][1];
      const found = new Map();
      for (let n = 0; n < all.length; n += 4) {
        const amount = all[n + 3] * held[all[n + 2]];
        const rank = data.channels.indexOf(data.nodes[all[n]][1]);
        const wanted = channel.value === "all" || (channel.value === "strict" ? rank < last : rank === +channel.value);
        if (!(amount > 0) || !wanted) continue;
        const key = `${all[n]},${all[n + 1]}`;
        const one = found.get(key) || { from: all[n], to: all[n + 1], amount: 0, of: [] };
        one.amount += amount;
        one.of.push([data.materials[all[n + 2]], amount]);
        found.set(key, one);
      }
      return [...found.values()];
    };
    const sizes = (many) => {
      const into = {}, out = {};
      many.forEach((one) => { out[one.from] = (out[one.from] || 0) + one.amount; into[one.to] = (into[one.to] || 0) + one.amount; });
      return { into, out, size: (n) => Math.max(into[n] || 0, out[n] || 0) };
    };
    // One scale, and one height, for every year of a future, so that growth is seen and nothing jumps.
    const scales = new Map();
    const scale = () => {
      const key = `${which.value} ${measure.value} ${channel.value}`;
      if (!scales.has(key)) {
        const every = data.years.flatMap((_, y) => {
          const { size } = sizes(links(y));
          return data.columns.map((nodes) => nodes.map(size).filter((one) => one > 0));
        });
        const per = Math.min(1e9, ...every.map((many) => HIGH / many.reduce((sum, one) => sum + one, 1e-9)));
        const high = Math.max(...every.map((many) => many.reduce((sum, one) => sum + Math.max(one * per, LEAST) + GAP, TOP)));
        scales.set(key, { per, high });
      }
      return scales.get(key);
    };
    const redraw = () => {
      const y = +year.value, many = links(y), { into, out, size } = sizes(many), { per, high: low } = scale();
      const step = (WIDTH - 200) / Math.max(1, data.columns.length - 1), at = {};
      const parts = [], labels = [];
      data.columns.forEach((nodes, c) => {
        let z = TOP;
        const left = 20 + c * step;
        nodes.filter((n) => size(n) > 0).forEach((n) => {
          const high = Math.max(1, size(n) * per);
          at[n] = { x: left, y: z, out: z, into: z };
          const text = shape("text", { x: left + BAR + 3, y: z + Math.min(high, 14) - 3 > z + 8 ? z + 11 : z + 8 });
          [data.nodes[n][0], data.nodes[n][1], `${whole(size(n))} t`].forEach((line, k) => {
            const span = words("tspan", line);
            span.setAttribute("x", left + BAR + 3);
            span.setAttribute("dy", k ? 12 : 0);
            text.append(span);
          });
          labels.push(text);
          parts.push(shape("g", { class: `node tone${data.channels.indexOf(data.nodes[n][1]) % 8}` }, [
            words("title", `${name(n)}: takes ${whole(into[n] || 0)} t, gives ${whole(out[n] || 0)} t`),
            shape("rect", { x: left, y: z.toFixed(1), width: BAR, height: high.toFixed(1) }),
          ]));
          z += Math.max(high, LEAST) + GAP;
        });
      });
      const ribbons = many.sort((a, b) => (at[a.from].y - at[b.from].y) || (at[a.to].y - at[b.to].y)).map((one) => {
        const wide = one.amount * per, a = at[one.from], b = at[one.to];
        const x1 = a.x + BAR, y1 = a.out + wide / 2, x2 = b.x;
        a.out += wide;
        return { one, wide, x1, y1, x2, b };
      });
      ribbons.sort((a, b) => (a.b.y - b.b.y) || (a.y1 - b.y1)).forEach((ribbon) => { ribbon.y2 = ribbon.b.into + ribbon.wide / 2; ribbon.b.into += ribbon.wide; });
      const bands = ribbons.map(({ one, wide, x1, y1, x2, y2 }) => {
        const reach = column.get(one.to) > column.get(one.from) ? (x2 - x1) / 2 : 60, half = Math.max(0.5, wide / 2);
        const edge = (from, to, a, b, by) => `${from} ${a.toFixed(1)}C${(from + by).toFixed(1)} ${a.toFixed(1)} ${(to - by).toFixed(1)} ${b.toFixed(1)} ${to} ${b.toFixed(1)}`;
        return shape("g", { class: `band tone${data.channels.indexOf(data.nodes[one.from][1]) % 8}` }, [
          words("title", `${name(one.from)} to ${name(one.to)}: ${whole(one.amount)} t (${one.of.sort((p, q) => q[1] - p[1]).slice(0, 6).map(([text, t]) => `${text} ${whole(t)} t`).join(", ")})`),
          shape("path", { d: `M${edge(x1, x2, y1 - half, y2 - half, reach)}L${edge(x2, x1, y2 + half, y1 + half, -reach)}z` }),
        ]);
      });
      svg.replaceChildren(...bands, ...parts, ...labels);
      svg.setAttribute("viewBox", `0 0 ${WIDTH} ${low.toFixed(0)}`);
      const ends = many.filter((one) => data.nodes[one.to][0] === "users");
      const reached = data.columns[data.columns.length - 1].filter((n) => data.nodes[n][0] === "users" && into[n]);
      said.textContent = `${data.years[y]}, ${future(data.futures[+which.value])}, ${data.measures[+measure.value][0]}: `
        + (ends.length ? `users get ${reached.map((n) => `${whole(into[n])} t in ${data.nodes[n][1]}`).join(", ")}.` : "nothing reaches users.") + (channel.value === "all" ? "" : ` Only what leaves ${channel.value === "strict" ? "the stricter channels" : data.channels[+channel.value]} is drawn.`);
      write(many.sort((a, b) => b.amount - a.amount).slice(0, 60).map((one) => [name(one.from), name(one.to), one.of.slice(0, 6).map(([text]) => text).join(", "), whole(one.amount)]));
    };
    const legend = place.querySelector(".legend");
    data.channels.forEach((text, n) => {
      const box = element("span", "", { class: "key" });
      box.append(shape("svg", { viewBox: "-8 -8 16 16", "aria-hidden": "true" }, [shape("g", { class: `node tone${n % 8}` }, [shape("rect", { x: -6, y: -6, width: 12, height: 12 })])]), element("span", text));
      legend.append(box);
    });
    [year, which, measure, channel].forEach((one) => one.addEventListener("input", redraw));
    redraw();
  };
})();
