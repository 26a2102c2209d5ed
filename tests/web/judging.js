// Run in the page by test_browser.py: what axe-core objects to, and what only a laid out page can tell.
addEventListener("load", async () => {
  const shown = [...document.querySelectorAll("a, button, summary, input:not([type=hidden])")].filter((each) => each.checkVisibility());
  const inText = (each) => each.matches("p a, dd a, li a, td a, .prose a, span a") && getComputedStyle(each).display === "inline";
  const small = shown
    .filter((each) => !inText(each))
    .map((each) => [each.outerHTML.slice(0, 120), each.getBoundingClientRect()])
    .filter(([, box]) => box.height < 24 || box.width < 24)
    .map(([html, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`);
  const found = await axe.run(document, { resultTypes: ["violations"] });
  const violations = found.violations.map((each) => `${each.id}: ${each.help}: ${each.nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + " " + node.any.map((one) => one.message).join("; ")).join(" | ")}`);
  const note = document.createElement("script");
  note.type = "application/json";
  note.id = "judged";
  note.textContent = JSON.stringify({
    violations, small, lang: document.documentElement.lang, title: document.title, dark: matchMedia("(prefers-color-scheme: dark)").matches,
    width: innerWidth, wide: document.documentElement.scrollWidth,
  }).replaceAll("<", "\\u003c");
  document.body.append(note);
});
