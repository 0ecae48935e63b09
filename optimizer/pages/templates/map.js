(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const WIDE = 10, SHOWN = 400;
  const three = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
  const whole = (value) => three.format(value);
  const shape = (name, given, inside = []) => {
    const made = document.createElementNS(SVG, name);
    Object.entries(given).forEach(([key, value]) => made.setAttribute(key, value));
    made.append(...inside);
    return made;
  };
  const words = (name, text) => { const made = shape(name, {}); made.textContent = text; return made; };
  const element = (name, text, given = {}) => {
    const made = document.createElement(name);
    Object.entries(given).forEach(([key, value]) => made.setAttribute(key, value));
    made.textContent = text;
    return made;
  };
  // A label with its control, and what is chosen.
  const choice = (place, label, options) => {
    const id = `${place.id}-${place.querySelectorAll("select, input").length}`;
    const box = element("select", "", { id });
    options.forEach((one) => {
      if (!Array.isArray(one)) { box.append(element("option", one.text, { value: one.value })); return; }
      const group = element("optgroup", "", { label: one[0] });
      one[1].forEach((inside) => group.append(element("option", inside.text, { value: inside.value })));
      box.append(group);
    });
    const said = element("label", label, { for: id });
    const both = element("span", "", { class: "control" });
    both.append(said, box);
    place.append(both);
    return box;
  };
  const slider = (place, years) => {
    const id = `${place.id}-${place.querySelectorAll("select, input").length}`;
    const box = element("input", "", { id, type: "range", min: 0, max: years.length - 1, step: 1, value: 0 });
    const said = element("output", years[0], { for: id });
    const both = element("span", "", { class: "control" });
    both.append(element("label", "Year", { for: id }), box, said);
    place.append(both);
    const tell = () => { said.textContent = years[box.value]; box.setAttribute("aria-valuetext", years[box.value]); };
    box.addEventListener("input", tell);
    tell();
    return box;
  };
  const future = (one) => (one.when ? `${one.name} (${one.when})` : one.name);
  const table = (place, caption, heads, numbers) => {
    const box = element("table", "");
    const top = element("caption", "");
    top.append(element("span", caption));
    const head = element("tr", "");
    heads.forEach((text, n) => head.append(element("th", text, { scope: "col", class: numbers.includes(n) ? "number" : "" })));
    const above = element("thead", "");
    above.append(head);
    const body = element("tbody", "");
    box.append(top, above, body);
    place.replaceChildren(box);
    return (rows) => body.replaceChildren(...rows.map((cells) => {
      const row = element("tr", "");
      cells.forEach((text, n) => row.append(n ? element("td", text, { class: numbers.includes(n) ? "number" : "" }) : element("th", text, { scope: "row" })));
      return row;
    }));
  };
  const marks = {
    1: (r) => shape("circle", { r }),
    2: (r) => shape("rect", { x: -r, y: -r, width: 2 * r, height: 2 * r }),
    3: (r) => shape("path", { d: `M0 ${-1.4 * r}L${1.4 * r} 0L0 ${1.4 * r}L${-1.4 * r} 0z` }),
    4: (r) => shape("path", { d: `M0 ${-1.2 * r}L${1.2 * r} ${r}L${-1.2 * r} ${r}z` }),
    5: (r) => shape("path", { d: `M${-r} ${-r}L${r} ${r}` }),
    6: (r) => shape("path", { d: `M${-r} ${-r}L${r} ${r}M${r} ${-r}L${-r} ${r}` }),
  };

  // One map, or several side by side: those have their controls in common, and a scale, so that widths compare.
  const map = (view, outlines) => {
    const place = document.getElementById(view.id);
    const datas = view.panes.map((one) => one.data);
    // What is in any of the maps, by key: the first that has it says its words.
    const every = (list) => {
      const found = new Map();
      datas.forEach((data) => list(data).forEach(([key, value]) => { if (!found.has(key)) found.set(key, value); }));
      return [...found];
    };
    const years = [...new Set(datas.flatMap((data) => data.years))].sort((a, b) => a - b);
    const known = (data, id) => data.futures.find((one) => one.id === id);
    const shared = datas[0].futures.filter((one) => datas.every((data) => known(data, one.id)));
    const same = (one) => datas.every((data) => future(known(data, one.id)) === future(one));
    const stages = every((data) => data.stages.map((text) => [text, `s/${text}`]));
    const kind = (data, m) => `m/${data.stages[data.materials[m][1]]}/${data.materials[m][0]}`;
    const kinds = every((data) => data.materials.map(([text, s], m) => [kind(data, m), [text, data.stages[s]]]));
    const parts = every((data) => data.views);
    const corner = (one) => one.at.join(" ");
    const here = (data, key) => data.places.flatMap((one) => (corner(one) === key ? one.facilities : []));
    const named = (data, many) => `${data.facilities[many[0]][0]}${many.length > 1 ? ` and ${many.length - 1} more` : ""}`;
    const spots = every((data) => data.places.flatMap((one) => (one.facilities.length ? [[corner(one), named(data, here(data, corner(one)))]] : [])))
      .map(([value, text]) => ({ value, text })).sort((a, b) => a.text.localeCompare(b.text));
    const controls = place.querySelector(".controls");
    const year = slider(controls, years);
    const which = choice(controls, "Future", shared.map((one, n) => ({ value: n, text: same(one) ? future(one) : `${one.name} (not the same in all)` })));
    const material = choice(controls, "Material", [
      { value: "all", text: "all materials" },
      ["All of a stage", stages.map(([text, value]) => ({ value, text }))],
      ...stages.map(([stage]) => [stage, kinds.flatMap(([value, [text, of]]) => (of === stage ? [{ value, text }] : []))]),
    ]);
    const part = choice(controls, "Show", parts.map(([text], n) => ({ value: n, text })));
    const spot = choice(controls, "Plants at", [{ value: "", text: "choose a place" }, ...spots]);
    const panes = [], scales = new Map();
    const most = () => {
      const key = `${which.value} ${material.value}`;
      if (!scales.has(key)) scales.set(key, Math.max(1e-9, ...panes.map((one) => one.most())));
      return scales.get(key);
    };
    const redraw = () => panes.forEach((one) => one.redraw());
    view.panes.forEach((one, n) => panes.push(pane(one, (name) => place.querySelectorAll(name)[n], outlines, {
      most, redraw,
      many: view.panes.length > 1,
      stage: (text) => stages.findIndex(([known]) => known === text),
      year: () => years[+year.value],
      future: () => shared[+which.value].id,
      wanted: (m) => material.value === "all" || material.value === kind(one.data, m) || material.value === `s/${one.data.stages[one.data.materials[m][1]]}`,
      box: () => parts[+part.value][1],
      spot: () => spot.value,
      choose: (at) => { spot.value = corner(at); redraw(); },
      at: (other) => corner(other) === spot.value,
    })));
    const legend = place.querySelector(".legend");
    const key = (text, group, drawing) => {
      const box = element("span", "", { class: "key" });
      box.append(shape("svg", { viewBox: "-8 -8 16 16", class: group, "aria-hidden": "true" }, drawing), element("span", text));
      return box;
    };
    const used = new Set(datas.flatMap((data) => data.courses.flatMap((one) => Object.values(one.is).flatMap((letters) => [...letters]))));
    legend.append(
      ...datas[0].words.flatMap((text, n) => (used.has(String(n + 1)) ? [key(text, "", [shape("g", { class: `mark is${n + 1}` }, [marks[n + 1](4.5)])])] : [])),
      ...(datas.some((data) => data.places.some((one) => one.region)) ? [key("middle of a region", "", [shape("g", { class: "hub" }, [shape("circle", { r: 4.5 })])])] : []),
      ...stages.map(([text], n) => key(`moves what ${text} makes`, "", [shape("g", { class: `stage tone${n % 8}` }, [shape("path", { d: "M-8 0H8", "stroke-width": 4 })])])),
    );
    [year, which, material, part, spot].forEach((one) => one.addEventListener("input", redraw));
    redraw();
  };

  // One of the maps of a view: where it is drawn, and what is chosen for all of them.
  const pane = ({ name, words: told, data, end }, find, outlines, chosen) => {
    const said = find(".said"), about = find(".about");
    const write = table(find(".rows"), name ? `Lines of the map: ${name}` : "Lines of the map", ["from", "to", "material", "t"], [3]);
    const [width] = data.size;
    const lands = shape("path", { d: outlines, class: "land" });
    const lines = shape("g", { class: "lines" });
    const dots = shape("g", { class: "dots" });
    const svg = shape("svg", { role: "img", "aria-label": name ? `${name}: ${told}` : told, preserveAspectRatio: "xMidYMid meet" }, [lands, lines, dots]);
    find(".drawing").replaceChildren(svg);
    const stages = data.stages.map(chosen.stage);
    const tell = (text) => said.replaceChildren(...(name ? [element("strong", `${name}: `)] : []), text);

    const placeName = (n) => data.places[n].name || data.facilities[data.places[n].facilities[0]][0];
    // The number of the period in which the year lies; -1 where there is none.
    const period = () => (end && chosen.year() >= end ? -1 : data.years.filter((from) => from <= chosen.year()).length - 1);
    const now = () => data.futures.find((one) => one.id === chosen.future());
    const course = (y) => data.courses[now().path[y]];
    const letter = (f, y) => { const own = course(y).is[f]; return +(own || data.courses[0].is[f])[y]; };
    // Lines of a year: from, to and stage, with tonnes and materials.
    const drawn = (y) => {
      const all = course(y).lines[y];
      const found = new Map();
      for (let n = 0; n < all.length; n += 4) {
        if (!chosen.wanted(all[n + 2])) continue;
        const stage = data.materials[all[n + 2]][1];
        const key = `${all[n]},${all[n + 1]},${stage}`;
        const one = found.get(key) || { from: all[n], to: all[n + 1], stage, tonnes: 0, of: [] };
        one.tonnes += all[n + 3];
        one.of.push([data.materials[all[n + 2]][0], all[n + 3]]);
        found.set(key, one);
      }
      return [...found.values()].sort((a, b) => b.tonnes - a.tonnes);
    };
    const most = () => Math.max(0, ...data.years.flatMap((_, y) => drawn(y).map((one) => one.tonnes)));
    const named = (one) => one.of.sort((a, b) => b[1] - a[1]).map(([text, t]) => `${text} ${whole(t)} t`);
    // The shorter way round: a line over the Pacific leaves at one edge of the map and comes in at the other.
    const arc = (one, scale, unit) => {
      const [x1, y1] = data.places[one.from].at, [stop, y2] = data.places[one.to].at;
      const round = Math.abs(stop - x1) > width / 2 ? (stop > x1 ? -width : width) : 0, x2 = stop + round;
      const dx = x2 - x1, dy = y2 - y1, bend = 0.12 + 0.03 * (stages[one.stage] % 4);
      const cx = (x1 + x2) / 2 - dy * bend, cy = (y1 + y2) / 2 - Math.abs(dx) * bend * 0.6 + dx * bend * 0.4;
      const at = (t, a, b, c) => (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t ** 2 * c;
      const wide = (0.6 + WIDE * one.tonnes / scale) * unit, head = Math.min(wide, 5 * unit) + 2.4 * unit;
      const heads = (round ? [0.25, 0.75] : [0.6]).map((t) => {
        const turn = Math.atan2((1 - t) * (cy - y1) + t * (y2 - cy), (1 - t) * (cx - x1) + t * (x2 - cx)) * 180 / Math.PI;
        return shape("path", { class: "head", d: `M${head} 0L${-head} ${-head}L${-head} ${head}z`, transform: `translate(${at(t, x1, cx, x2).toFixed(1)} ${at(t, y1, cy, y2).toFixed(1)}) rotate(${turn.toFixed(0)})` });
      });
      const once = (shift) => shape("g", { class: `stage tone${stages[one.stage] % 8}`, transform: `translate(${shift} 0)` }, [
        words("title", `${placeName(one.from)} to ${placeName(one.to)}: ${whole(one.tonnes)} t (${named(one).slice(0, 6).join(", ")})`),
        shape("path", { d: `M${x1} ${y1}Q${cx.toFixed(1)} ${cy.toFixed(1)} ${x2} ${y2}`, "stroke-width": wide.toFixed(2) }),
        ...heads.map((one) => one.cloneNode(true)),
      ]);
      return round ? [once(0), once(-round)] : [once(0)];
    };
    const plant = (f, y) => {
      const [text, country, stage] = data.facilities[f];
      const is = letter(f, y);
      const own = course(y), orders = [...data.courses[0].orders, ...(own === data.courses[0] ? [] : own.orders)].filter((one) => one[0] === f);
      const used = [];
      for (let n = 0; n < own.used[y].length; n += 4) {
        if (own.used[y][n] === f) used.push(`${data.units[own.used[y][n + 1]]} ${whole(own.used[y][n + 2])} of ${whole(own.used[y][n + 3])} t used`);
      }
      const kept = own.kept.find((one) => one[0] === y && one[1] === f);
      return [
        `${text} (${country}, ${stage}): ${is ? data.words[is - 1] : "nothing stands"}`,
        ...(kept ? [`${whole(100 * kept[2])} % of its capacity left`] : []), ...used,
        ...orders.map(([, option, funded, online]) => `${option} funded ${funded}, on line ${online}`),
      ].join("; ");
    };
    const redraw = () => {
      const y = period(), [x0, y0, wide, high] = chosen.box();
      svg.setAttribute("viewBox", `${x0} ${y0} ${wide} ${high}`);
      const unit = wide / Math.max(360, svg.clientWidth || 1000), r = 4.2 * unit;
      svg.style.setProperty("--unit", unit);
      if (y < 0) {
        [lines, dots, about].forEach((one) => one.replaceChildren());
        about.hidden = true;
        write([]);
        tell(`no period of this plan has ${chosen.year()}.`);
        return;
      }
      const flows = drawn(y), scale = chosen.most();
      lines.replaceChildren(...flows.slice(0, SHOWN).reverse().flatMap((one) => arc(one, scale, unit)));
      const ends = new Set(flows.flatMap((one) => [one.from, one.to]));
      dots.replaceChildren();
      const counts = {};
      data.places.forEach((one, n) => {
        const here = one.facilities.filter((f) => letter(f, y));
        here.forEach((f) => { const is = letter(f, y); counts[is] = (counts[is] || 0) + 1; });
        const [x, z] = one.at;
        if (one.facilities.length && chosen.at(one)) dots.append(shape("circle", { cx: x, cy: z, r: 4 * r, class: "chosen" }));
        if (!one.facilities.length && ends.has(n)) {
          dots.append(shape("g", { class: "hub", transform: `translate(${x} ${z})` }, [words("title", one.name), shape("circle", { r: 1.1 * r })]));
        }
        // Plants at one place stand side by side, so that none hides another.
        here.forEach((f, k) => {
          const out = here.length > 1 ? 1.25 * r / Math.sin(Math.PI / Math.max(2, here.length)) : 0, turn = 2 * Math.PI * k / here.length;
          const mark = shape("g", { class: `mark is${letter(f, y)}`, transform: `translate(${(x + out * Math.cos(turn)).toFixed(2)} ${(z + out * Math.sin(turn)).toFixed(2)})` }, [
            words("title", plant(f, y)), marks[letter(f, y)](r),
          ]);
          mark.addEventListener("click", () => chosen.choose(one));
          dots.append(mark);
        });
      });
      const standing = data.words.flatMap((text, n) => (counts[n + 1] ? [`${counts[n + 1]} ${text}`] : []));
      const tonnes = flows.reduce((sum, one) => sum + one.tonnes, 0);
      const first = flows.slice(0, 3).map((one) => `${placeName(one.from)} to ${placeName(one.to)} ${whole(one.tonnes)} t (${data.stages[one.stage]})`);
      tell(`${data.years[y]}, ${future(now())}. Plants: ${standing.join(", ") || "none"}`
        + (course(y) !== data.courses[0] && !counts[5] && !counts[6] ? "; none is cut back or lost in this year. " : ". ")
        + (flows.length ? `${whole(tonnes)} t on ${flows.length} lines; most: ${first.join("; ")}.` : "Nothing moves on lines.")
        + ` The widest line of all years${chosen.many ? " and plans" : ""} is ${whole(scale)} t.`);
      write(flows.slice(0, 40).map((one) => [placeName(one.from), placeName(one.to), named(one).join(", "), whole(one.tonnes)]));
      const list = data.places.flatMap((one) => (chosen.at(one) ? one.facilities.map((f) => element("li", `${name ? `${name}: ` : ""}${plant(f, y)}`)) : []));
      about.replaceChildren(...list);
      about.hidden = !list.length;
    };
    new ResizeObserver(redraw).observe(svg);
    return { most, redraw };
  };
  window.reportViews = { map, kit: { shape, words, element, choice, slider, table, whole, future } };
})();
