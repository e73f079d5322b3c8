"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const SHAPES = {
    sent: "M2 7H12M8 3L12 7L8 11", received: "M7 2V12M3 8L7 12L11 8", invoked: "M3 2L12 7L3 12Z",
    worked: "M2 7L6 11L13 3", done: "M2 7L6 11L13 3", failed: "M3 3L11 11M11 3L3 11",
    kept: "M7 12V2M3 6L7 2L11 6", moved: "M2 3H12L7 10Z", gone: "M2 7H12",
  };
  const FILLED = new Set(["invoked", "moved"]);
  const rules = new Map();
  for (const p of document.getElementById("rules").content.querySelectorAll("p")) rules.set(p.dataset.id, p);

  const make = (name, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const symbol = (kind) => {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 14 14");
    svg.setAttribute("width", "14");
    svg.setAttribute("height", "14");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", SHAPES[kind] || SHAPES.gone);
    path.setAttribute("class", `s ${kind}${FILLED.has(kind) ? "" : " stroke"}`);
    svg.append(path);
    return svg;
  };

  for (const chapter of document.querySelectorAll(".chapter")) {
    const store = chapter.querySelector("template.data");
    if (!store) continue;
    let data = null;
    let opener = null;
    const read = () => (data ??= JSON.parse(store.content.textContent));
    const panel = chapter.querySelector(".life");
    const [title, list] = [panel.querySelector("h4"), panel.querySelector("ol")];
    const bars = [...chapter.querySelectorAll(".bar")];

    const mark = (wanted) => {
      for (const picture of chapter.querySelectorAll(".picture")) picture.classList.toggle("dim", wanted !== null);
      for (const bar of bars) bar.classList.toggle("on", wanted !== null && wanted(Number(bar.dataset.b)));
    };
    const open = (from) => {
      opener = from;
      panel.hidden = false;
      panel.focus({ preventScroll: true });
      panel.scrollIntoView({ block: "nearest" });
    };
    const close = () => {
      if (panel.hidden) return;
      panel.hidden = true;
      mark(null);
      for (const chip of chapter.querySelectorAll(".chip[aria-pressed]")) chip.removeAttribute("aria-pressed");
      if (opener && opener.isConnected && opener.getClientRects().length) opener.focus();
    };
    const line = ([at, kind, text, rule]) => {
      const [words, id, shape] = [read().texts[text], read().texts[rule], read().texts[kind]];
      const item = make("li", undefined, "step");
      const body = make("div", words);
      if (id) {
        const button = make("button", id, "rule");
        button.type = "button";
        button.setAttribute("aria-expanded", "false");
        button.addEventListener("click", () => {
          const there = body.querySelector(".said");
          if (there) there.remove();
          else {
            const rule = rules.get(id);
            const said = make("span", "", "said");
            said.append(`${rule.dataset.status}: ${rule.firstChild.textContent} `, make("cite", rule.querySelector("cite").textContent));
            body.append(said);
          }
          button.setAttribute("aria-expanded", String(!there));
        });
        body.append(" ", button);
      }
      item.append(make("time", `${at.toFixed(3)} s`), symbol(shape), body);
      return item;
    };
    const follow = (number, from) => {
      const life = read().lives[number];
      title.textContent = `The life of ${life.name}`;
      list.replaceChildren(...life.steps.map(line));
      if (life.leftOut) list.append(make("li", `${life.leftOut.toLocaleString("en")} more steps`, "gap"));
      list.append(...life.last.map(line));
      mark((bar) => read().bars[bar][2].includes(number));
      for (const chip of chapter.querySelectorAll(".chip")) {
        if (Number(chip.dataset.m) === number) chip.setAttribute("aria-pressed", "true");
        else chip.removeAttribute("aria-pressed");
      }
      open(from);
    };
    const show = (number, from) => {
      const [said, count, messages] = read().bars[number];
      if (count === 1 && messages.length === 1) {
        follow(messages[0], from);
        return;
      }
      title.textContent = said;
      const item = make("li", undefined, "chips");
      for (const each of messages) {
        const chip = make("button", read().lives[each].name, "chip");
        chip.type = "button";
        chip.addEventListener("click", () => follow(each, from));
        item.append(chip);
      }
      if (count > messages.length) item.append(make("span", `${count - messages.length} more, whose lives are not in this file`, "soft"));
      list.replaceChildren(...(count ? [item] : []));
      mark((bar) => bar === number);
      open(from);
    };

    for (const chip of chapter.querySelectorAll(".ends .chip")) {
      chip.addEventListener("click", () => follow(Number(chip.dataset.m), chip));
    }
    for (const picture of chapter.querySelectorAll(".picture")) {
      const own = [...picture.querySelectorAll(".bar")].sort((a, b) => a.dataset.b - b.dataset.b);
      if (own.length) own[0].setAttribute("tabindex", "0");
      own.forEach((bar, place) => {
        const number = Number(bar.dataset.b);
        bar.addEventListener("click", () => show(number, bar));
        bar.addEventListener("keydown", (event) => {
          const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
          if (event.key === "Enter" || event.key === " ") show(number, bar);
          else if (step && own[place + step]) {
            bar.setAttribute("tabindex", "-1");
            own[place + step].setAttribute("tabindex", "0");
            own[place + step].focus();
          } else if (!step) return;
          event.preventDefault();
        });
      });
    }
    panel.querySelector(".close").addEventListener("click", close);
    chapter.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
  }
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details")) part.open = true;
  });
})();
