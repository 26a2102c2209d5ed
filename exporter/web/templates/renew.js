// Renews the status page every 30 seconds while somebody looks at it. Without JavaScript the browser reloads it.
(() => {
  "use strict";
  const every = 30000;
  const open = () => new Set([...document.querySelectorAll("details[open]")].map((each) => each.dataset.key));
  const renew = async () => {
    if (document.hidden) return;
    const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
    if (!answer || !answer.ok) {
      document.getElementById("unreachable").hidden = false;
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("live");
    if (!fresh) return;
    document.getElementById("unreachable").replaceWith(page.getElementById("unreachable"));
    const kept = open();
    const focus = document.activeElement && document.activeElement.getAttribute("href");
    for (const each of fresh.querySelectorAll("details")) each.open = each.open || kept.has(each.dataset.key);
    document.getElementById("live").replaceWith(fresh);
    document.title = page.title;
    if (focus) [...fresh.querySelectorAll("a")].find((each) => each.getAttribute("href") === focus)?.focus({ preventScroll: true });
  };
  setInterval(renew, every);
  document.addEventListener("visibilitychange", renew);
})();
