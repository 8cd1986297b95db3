"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const byId = (id) => document.getElementById(id);
  const items = Array.from(document.querySelectorAll("[data-item]"));
  const folds = () => items.map((item) => item.querySelector("details"));

  const search = byId("filter-text");
  const kind = byId("filter-kind");
  const risk = byId("filter-risk");
  const count = byId("filter-count");
  const none = byId("none");
  const tiles = Array.from(document.querySelectorAll("[data-show]"));

  // The texts are collected once, a few at a time so that the page answers meanwhile; the first filter collects the rest.
  const texts = [];
  const collect = (until) => {
    while (texts.length < items.length && performance.now() < until) {
      const item = items[texts.length];
      texts.push({
        text: item.textContent.toLowerCase(),
        mark: item.dataset.mark,
        kind: item.dataset.kind,
        risks: item.dataset.risks ? item.dataset.risks.split(" ") : [],
      });
    }
  };
  const collectLater = () => {
    collect(performance.now() + 16);
    if (texts.length < items.length) setTimeout(collectLater);
  };

  // Many objects stand in several lists. A list out of sight is not laid out, and takes the room that it would need.
  const lists = Array.from(document.querySelectorAll("ol.objects"), (list) => ({ list, size: list.children.length }));
  const listOf = lists.flatMap(({ size }, at) => Array(size).fill(at));
  const ROOM = 64;
  const fit = (sizes) =>
    lists.forEach((one, at) => {
      if (one.size === sizes[at]) return;
      one.size = sizes[at];
      one.list.classList.toggle("empty", one.size === 0);
      one.list.style.containIntrinsicBlockSize = `${one.size * ROOM}px`;
    });
  const shown = items.map(() => true);
  const number = (value) => value.toLocaleString("en-US");

  const filter = () => {
    collect(Infinity);
    const words = search ? search.value.toLowerCase().split(/\s+/).filter(Boolean) : [];
    const marks = tiles.filter((tile) => tile.ariaPressed === "true").map((tile) => tile.dataset.show);
    const ofKind = kind ? kind.value : "";
    const ofRisk = risk ? risk.value : "";
    let visible = 0;
    const sizes = lists.map(() => 0);
    texts.forEach((entry, at) => {
      const fits =
        (marks.length === 0 || marks.includes(entry.mark)) &&
        (!ofKind || entry.kind === ofKind) &&
        (!ofRisk || (ofRisk === "*" ? entry.risks.length > 0 : entry.risks.includes(ofRisk))) &&
        words.every((word) => entry.text.includes(word));
      visible += fits;
      sizes[listOf[at]] += fits;
      if (fits !== shown[at]) {
        shown[at] = fits;
        items[at].hidden = !fits;
      }
    });
    fit(sizes);
    if (count) {
      const all = `${number(items.length)} objects`;
      count.value = visible === items.length ? all : `${number(visible)} of ${all}`;
    }
    if (none) none.hidden = visible > 0;
  };

  const reset = () => {
    if (search) search.value = "";
    if (kind) kind.value = "";
    if (risk) risk.value = "";
    tiles.forEach((tile) => (tile.ariaPressed = "false"));
    filter();
  };

  tiles.forEach((tile) =>
    tile.addEventListener("click", () => {
      tile.ariaPressed = tile.ariaPressed === "true" ? "false" : "true";
      filter();
    }),
  );
  search?.addEventListener("input", filter);
  kind?.addEventListener("change", filter);
  risk?.addEventListener("change", filter);
  byId("reset")?.addEventListener("click", () => {
    reset();
    search?.focus();
  });
  const openAll = (open) =>
    folds().forEach((fold, at) => {
      if (fold && shown[at]) fold.open = open;
    });
  const foldable = items.some((item) => item.querySelector("details"));
  [["expand", true], ["collapse", false]].forEach(([id, open]) => {
    const button = byId(id);
    if (!button) return;
    button.hidden = !foldable;
    button.addEventListener("click", () => openAll(open));
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.key === "/" && search && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) {
      reset();
    }
  });

  // A link to an object shows and opens it.
  const follow = () => {
    let name;
    try {
      name = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    const target = name && byId(name);
    const at = target ? items.indexOf(target) : -1;
    if (at === -1) return;
    if (!shown[at]) reset();
    const fold = target.querySelector("details");
    if (fold) fold.open = true;
    target.scrollIntoView({ block: "start" });
  };
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    // The same link again changes no address.
    if (event.target.closest?.('a[href^="#"]')) setTimeout(follow);
  });
  follow();

  // On paper, everything that the filter leaves is open.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = folds().filter((fold, at) => fold && shown[at] && !fold.open);
    closed.forEach((fold) => (fold.open = true));
  });
  addEventListener("afterprint", () => closed.forEach((fold) => (fold.open = false)));

  if (search) setTimeout(collectLater);
})();
