// Loaded on every page. What scrolls sideways can be scrolled by keyboard; a menu closes by Escape or a click elsewhere.
(() => {
  "use strict";
  const WIDE = ".bd-article :is(table, pre, div.math, .cell_output > .output, mtable)";

  function markWide() {
    for (const box of document.querySelectorAll(WIDE)) {
      const style = getComputedStyle(box);
      const scrolls = box.scrollWidth > box.clientWidth && style.overflowX !== "visible";
      if (scrolls) box.tabIndex = 0;
      else if (box.tabIndex === 0) box.removeAttribute("tabindex");
    }
  }

  let waiting = 0;
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(markWide, 350); // after the theme, which knows fewer kinds of boxes
  }

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  }

  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.activeElement?.closest("details.menu[open]");
    closeMenus(null);
    open?.querySelector("summary").focus();
  });
  document.addEventListener("toggle", soon, true); // a fold that opens shows what was not measured before
  // On paper nothing can be opened: folded answers are printed open, hidden code stays hidden.
  const opened = new Set();
  window.addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll(".bd-article details:not(.hide):not([open])")) {
      opened.add(fold);
      fold.open = true;
    }
    for (const picture of document.images) picture.loading = "eager";
  });
  window.addEventListener("afterprint", () => {
    for (const fold of opened) fold.open = false;
    opened.clear();
  });
  window.addEventListener("resize", soon);
  window.addEventListener("load", markWide);
})();
