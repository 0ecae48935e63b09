// The theme lets wide tables scroll and gives code a row of buttons, both once a page is there; here a keyboard reaches
// what scrolls, and each row has a name of its own.
(() => {
  "use strict";
  const reach = () => {
    document.querySelectorAll(".md-typeset__scrollwrap").forEach((one) => {
      if (one.scrollWidth > one.clientWidth) one.setAttribute("tabindex", "0");
      else one.removeAttribute("tabindex");
    });
    document.querySelectorAll(".md-code__nav").forEach((one, number) => one.setAttribute("aria-label", `Code ${number + 1}`));
  };
  let waiting = 0;
  const soon = () => { window.clearTimeout(waiting); waiting = window.setTimeout(reach, 50); };
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  window.addEventListener("resize", soon);
  soon();
})();
