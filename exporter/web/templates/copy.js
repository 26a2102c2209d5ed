// A button beside each block of code that copies it. Without JavaScript the text is selected by hand.
(() => {
  "use strict";
  const words = document.currentScript.dataset;
  const copied = async (code) => {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(code.textContent);
      return true;
    }
    // a page that is not served over TLS has no clipboard of its own
    const range = document.createRange();
    range.selectNodeContents(code);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return document.execCommand("copy");
  };
  for (const code of document.querySelectorAll("pre > code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = words.copy;
    button.addEventListener("click", async () => {
      button.textContent = (await copied(code).catch(() => false)) ? words.copied : words.copy;
      setTimeout(() => { button.textContent = words.copy; }, 2000);
    });
    const box = document.createElement("div");
    box.className = "copied";
    code.parentElement.replaceWith(box);
    box.append(button, code.parentElement);
  }
})();
